package auth

import "testing"

func TestNamesOfCredentials(t *testing.T) {
	for name, want := range map[string]bool{
		"Authorization": true, "authorization": true, "X-Api-Key": true, "apiKey": true, "api_key": true, "APIKEY": true, "X-MBX-APIKEY": true,
		"key": true, "Cookie": true, "X-Auth-Token": true, "PRIVATE-TOKEN": true, "accessToken": true, "client_secret": true, "password": true,
		"Ocp-Apim-Subscription-Key": true, "x-functions-key": true, "sessionId": true, "sig[signature]": true,
		"author": false, "authority": false, "sort_key": false, "token_type": false, "X-Auth-User": false, "limit": false, "keys": false, "session_type": false, "id": false, "": false, "Accept": false,
	} {
		if got := NamesCredential(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
