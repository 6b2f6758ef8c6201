// Command kubernetes builds kustomizations, and checks what comes out with the code of
// Kubernetes itself, as its API server does: each object is decoded strictly, gets its
// defaults, and is validated; pods are held against the Pod Security Standard
// "restricted". It prints each object as JSON, as it was built, on a line of its own.
//
//	kubernetes FOLDER...
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	var all []error
	for _, folder := range os.Args[1:] {
		if err := check(folder); err != nil {
			all = append(all, fmt.Errorf("%s: %w", folder, err))
		}
	}
	if err := errors.Join(all...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check builds a kustomization, and checks and prints what it has.
func check(folder string) error {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return err
	}
	var all []error
	for _, resource := range built.Resources() {
		text, err := resource.MarshalJSON()
		if err != nil {
			return err
		}
		if err := valid(text); err != nil {
			all = append(all, fmt.Errorf("%s: %w", resource.CurId(), err))
		}
		fmt.Println(string(text))
	}
	return errors.Join(all...)
}

var codecs = serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)

// valid reports what the API server would refuse an object for.
func valid(text []byte) error {
	object, _, err := codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err != nil {
		return err
	}
	if err := restricted(object); err != nil {
		return err
	}
	prepare(object)
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.UnsafeConvertToVersion(object, runtime.InternalGroupVersioner)
	if err != nil {
		return err
	}
	return validate(internal).ToAggregate()
}

// prepare gives a Job the labels by which it knows its pods, as the API server does.
func prepare(object runtime.Object) {
	job, ok := object.(*batchv1.Job)
	if !ok {
		return
	}
	job.UID = "00000000-0000-4000-8000-000000000000"
	labels := map[string]string{
		batchv1.ControllerUidLabel: string(job.UID), batchv1.JobNameLabel: job.Name,
		"controller-uid": string(job.UID), "job-name": job.Name,
	}
	for name, value := range job.Spec.Template.Labels {
		labels[name] = value
	}
	job.Spec.Template.Labels = labels
	job.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{batchv1.ControllerUidLabel: string(job.UID)}}
}

func validate(object runtime.Object) field.ErrorList {
	pods := corevalidation.PodValidationOptions{}
	switch o := object.(type) {
	case *batch.Job:
		return batchvalidation.ValidateJob(o, batchvalidation.JobValidationOptions{PodValidationOptions: pods, RequirePrefixedLabels: true})
	case *batch.CronJob:
		return batchvalidation.ValidateCronJobCreate(o, pods)
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(o, pods)
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(o)
	case *core.Secret:
		return corevalidation.ValidateSecret(o)
	case *core.Namespace:
		return corevalidation.ValidateNamespace(o)
	case *core.PersistentVolumeClaim:
		return corevalidation.ValidatePersistentVolumeClaim(o, corevalidation.PersistentVolumeClaimSpecValidationOptions{})
	}
	return field.ErrorList{field.InternalError(nil, fmt.Errorf("nothing here validates %s", reflect.TypeOf(object)))}
}

// restricted reports what an object's pods must not have.
func restricted(object runtime.Object) error {
	var pod *corev1.PodTemplateSpec
	switch o := object.(type) {
	case *batchv1.Job:
		pod = &o.Spec.Template
	case *batchv1.CronJob:
		pod = &o.Spec.JobTemplate.Spec.Template
	case *appsv1.Deployment:
		pod = &o.Spec.Template
	default:
		return nil
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	if result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec)); !result.Allowed {
		text, _ := json.Marshal(result.ForbiddenReasons)
		return fmt.Errorf("the pod is not restricted: %s %q", text, result.ForbiddenDetails)
	}
	return nil
}
