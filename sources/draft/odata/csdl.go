package odata

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// edmx is the metadata of a service, of any version.
type edmx struct {
	XMLName  xml.Name
	Version  string `xml:"Version,attr"`
	Services struct {
		Version    string   `xml:"DataServiceVersion,attr"`
		MaxVersion string   `xml:"MaxDataServiceVersion,attr"`
		Schemas    []schema `xml:"Schema"`
	} `xml:"DataServices"`
}

type schema struct {
	Namespace    string           `xml:"Namespace,attr"`
	Alias        string           `xml:"Alias,attr"`
	Entities     []structured     `xml:"EntityType"`
	Complex      []structured     `xml:"ComplexType"`
	Enums        []named          `xml:"EnumType"`
	Definitions  []typeDefinition `xml:"TypeDefinition"`
	Associations []association    `xml:"Association"`
	Containers   []container      `xml:"EntityContainer"`
}

type named struct {
	Name string `xml:"Name,attr"`
}

type typeDefinition struct {
	Name       string `xml:"Name,attr"`
	Underlying string `xml:"UnderlyingType,attr"`
}

// structured is an entity type, or a complex one.
type structured struct {
	Name        string       `xml:"Name,attr"`
	Base        string       `xml:"BaseType,attr"`
	Key         []named      `xml:"Key>PropertyRef"`
	Properties  []property   `xml:"Property"`
	Navigations []navigation `xml:"NavigationProperty"`
}

type property struct {
	Name     string `xml:"Name,attr"`
	Type     string `xml:"Type,attr"`
	Nullable string `xml:"Nullable,attr"`
}

// navigation leads to other entities: by its type in version 4, by an
// association before.
type navigation struct {
	Name         string `xml:"Name,attr"`
	Type         string `xml:"Type,attr"`
	Contains     string `xml:"ContainsTarget,attr"`
	Relationship string `xml:"Relationship,attr"`
	To           string `xml:"ToRole,attr"`
}

type association struct {
	Name string `xml:"Name,attr"`
	Ends []struct {
		Role         string `xml:"Role,attr"`
		Type         string `xml:"Type,attr"`
		Multiplicity string `xml:"Multiplicity,attr"`
	} `xml:"End"`
}

type container struct {
	Sets       []entitySet `xml:"EntitySet"`
	Singletons []struct {
		Name string `xml:"Name,attr"`
		Type string `xml:"Type,attr"`
	} `xml:"Singleton"`
	FunctionImports []named `xml:"FunctionImport"`
	ActionImports   []named `xml:"ActionImport"`
}

type entitySet struct {
	Name string `xml:"Name,attr"`
	Type string `xml:"EntityType,attr"`
}

// largest is how long a document may be. Those of large systems have some 10 MB, the largest
// known ones 40.
const largest = 64 << 20

func parse(file string, data []byte) (*edmx, error) {
	if len(data) > largest {
		return nil, fmt.Errorf("%s: %d bytes: metadata have at most %d: %s", file, len(data), largest, lessOfIt)
	}
	doc := new(edmx)
	tokens := &bounded{Decoder: xml.NewDecoder(bytes.NewReader(data))}
	if err := xml.NewTokenDecoder(tokens).Decode(doc); err != nil {
		line, _ := tokens.InputPos()
		return nil, fmt.Errorf("%s:%d: not the XML of $metadata: %w", file, line, err)
	}
	if doc.XMLName.Local != "Edmx" {
		return nil, fmt.Errorf("%s:1: no metadata of OData: the root is %s, and not edmx:Edmx; ask for $metadata, as XML", file, doc.XMLName.Local)
	}
	return doc, nil
}
