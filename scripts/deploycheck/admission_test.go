package deploycheck

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const admission = "deploy/kubernetes/attested-datasets.yaml"

// admit evaluates a policy as an API server does, whose expressions are of the same library, and
// returns the messages of what refuses the pod.
func admit(t *testing.T, policy *admissionv1.ValidatingAdmissionPolicy, pod *corev1.Pod) (refused []string) {
	t.Helper()
	text, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	env, err := cel.NewEnv(cel.Variable("object", cel.DynType),
		cel.Variable("variables", cel.MapType(cel.StringType, cel.DynType)))
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]any{}
	eval := func(expression string) any {
		ast, problems := env.Compile(expression)
		if problems.Err() != nil {
			t.Fatalf("%s: %v", expression, problems.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		value, _, err := program.Eval(map[string]any{"object": object, "variables": variables})
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		return value.Value()
	}
	for _, v := range policy.Spec.Variables {
		variables[v.Name] = eval(v.Expression)
	}
	for _, v := range policy.Spec.Validations {
		if eval(v.Expression) != true {
			refused = append(refused, v.Message)
		}
	}
	return refused
}

// The policy admits pods whose datasets are checked first, and pods without datasets, and no others.
func TestAdmissionOfDatasets(t *testing.T) {
	documents := bytes.Split(read(t, admission), []byte("\n---\n"))[1:]
	var policy admissionv1.ValidatingAdmissionPolicy
	var binding admissionv1.ValidatingAdmissionPolicyBinding
	if len(documents) != 2 {
		t.Fatal(len(documents), "documents")
	}
	for i, into := range []any{&policy, &binding} {
		if err := yaml.UnmarshalStrict(documents[i], into); err != nil {
			t.Fatal(err)
		}
	}
	if binding.Spec.PolicyName != policy.Name || len(binding.Spec.ValidationActions) != 1 ||
		binding.Spec.ValidationActions[0] != admissionv1.Deny || *policy.Spec.FailurePolicy != admissionv1.Fail {
		t.Error("the policy is not enforced")
	}
	_, image, _ := strings.Cut(policy.Spec.Variables[2].Expression, "c.image == '")
	image, _, _ = strings.Cut(image, "'")
	always := corev1.ContainerRestartPolicyAlways
	mount := func(volume, path string) corev1.VolumeMount { return corev1.VolumeMount{Name: volume, MountPath: path} }
	const unchecked, other = "no init container check-attestation", "does not check it"
	for name, tt := range map[string]struct {
		change func(*corev1.PodSpec, *corev1.Container) // of a pod that is good, and its check
		refuse string
	}{
		"good":            {func(*corev1.PodSpec, *corev1.Container) {}, ""},
		"no dataset":      {func(p *corev1.PodSpec, _ *corev1.Container) { p.Volumes, p.InitContainers = nil, nil }, ""},
		"no check":        {func(p *corev1.PodSpec, _ *corev1.Container) { p.InitContainers = nil }, unchecked},
		"another image":   {func(_ *corev1.PodSpec, c *corev1.Container) { c.Image = "check-attestation" }, unchecked},
		"another command": {func(_ *corev1.PodSpec, c *corev1.Container) { c.Command = []string{"true"} }, unchecked},
		"arguments":       {func(_ *corev1.PodSpec, c *corev1.Container) { c.Args = []string{"--help"} }, unchecked},
		"variables": {func(_ *corev1.PodSpec, c *corev1.Container) {
			c.Env = []corev1.EnvVar{{Name: "BASH_ENV", Value: "/x"}}
		}, unchecked},
		"not waited for": {func(_ *corev1.PodSpec, c *corev1.Container) { c.RestartPolicy = &always }, unchecked},
		"a part of it":   {func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts[0].SubPath = "good" }, unchecked},
		"elsewhere":      {func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts[0].MountPath = "/x" }, unchecked},
		"another volume": {func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts[0].Name = "scratch" }, unchecked},
		"no mounts":      {func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts = nil }, unchecked},
		"a mount over it": {func(_ *corev1.PodSpec, c *corev1.Container) {
			c.VolumeMounts = append(c.VolumeMounts, mount("scratch", "/check"))
		}, unchecked},
		"two datasets": {func(p *corev1.PodSpec, _ *corev1.Container) {
			p.Volumes = append(p.Volumes, claim("more", "dataset-more"))
		}, unchecked},
		"read before": {func(p *corev1.PodSpec, c *corev1.Container) {
			first := corev1.Container{Name: "load", VolumeMounts: []corev1.VolumeMount{mount("data", "/d")}}
			p.InitContainers = []corev1.Container{first, *c}
		}, other},
		"another init": {func(p *corev1.PodSpec, c *corev1.Container) {
			p.InitContainers = []corev1.Container{{Name: "wait"}, *c}
		}, ""},
		"the account's token": {func(_ *corev1.PodSpec, c *corev1.Container) {
			c.VolumeMounts = append(c.VolumeMounts, mount("token", "/var/run/secrets/kubernetes.io/serviceaccount"))
		}, ""},
	} {
		pod := &corev1.Pod{Spec: corev1.PodSpec{
			Volumes: []corev1.Volume{claim("data", "dataset-shop"), claim("scratch", "scratch")},
			InitContainers: []corev1.Container{{Name: "check", Image: image,
				VolumeMounts: []corev1.VolumeMount{mount("data", "/dataset")}}},
			Containers: []corev1.Container{{Name: "app", VolumeMounts: []corev1.VolumeMount{mount("data", "/data")}}},
		}}
		tt.change(&pod.Spec, &pod.Spec.InitContainers[0])
		got := strings.Join(admit(t, &policy, pod), "; ")
		if (got == "") != (tt.refuse == "") || !strings.Contains(got, tt.refuse) {
			t.Errorf("%s: %q, want %q", name, got, tt.refuse)
		}
	}
}

func claim(volume, name string) corev1.Volume {
	return corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}}
}
