package deploycheck

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

const chart = root + "/deploy/helm/refresher"

var update = flag.Bool("update", false, "rewrite deploy/kubernetes")

// render is what `helm template` prints: Helm's templates are Go's, with sprig's functions and a
// few of its own.
func render(t *testing.T, set string) []any {
	t.Helper()
	values, overrides := map[string]any{}, map[string]any{}
	for into, text := range map[*map[string]any][]byte{&values: read(t, "deploy/helm/refresher/values.yaml"),
		&overrides: []byte(set)} {
		if err := yaml.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	merge(values, overrides)
	validate(t, values)
	var meta map[string]any
	if err := yaml.Unmarshal(read(t, "deploy/helm/refresher/Chart.yaml"), &meta); err != nil {
		t.Fatal(err)
	}
	tpl := template.New("chart").Option("missingkey=error").Funcs(sprig.TxtFuncMap())
	tpl.Funcs(template.FuncMap{
		"toYaml": func(v any) (string, error) {
			b, err := yaml.Marshal(v)
			return strings.TrimSuffix(string(b), "\n"), err
		},
		"include": func(name string, data any) (string, error) {
			var b bytes.Buffer
			err := tpl.ExecuteTemplate(&b, name, data)
			return b.String(), err
		},
	})
	if _, err := tpl.ParseGlob(chart + "/templates/*"); err != nil {
		t.Fatal(err)
	}
	data := map[string]any{
		"Values":  values,
		"Chart":   map[string]any{"Name": meta["name"], "Version": meta["version"], "AppVersion": meta["appVersion"]},
		"Release": map[string]any{"Name": "refresher", "Namespace": "refresher", "Service": "Helm"},
	}
	var objects []any
	files := slices.SortedFunc(slices.Values(tpl.Templates()), func(a, b *template.Template) int {
		return strings.Compare(a.Name(), b.Name())
	})
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".yaml") && f.Name() != "NOTES.txt" {
			continue
		}
		var b bytes.Buffer
		if err := f.Execute(&b, data); err != nil {
			t.Fatal(err)
		}
		if f.Name() == "NOTES.txt" {
			continue
		}
		for doc := range strings.SplitSeq(b.String(), "\n---\n") {
			if strings.TrimSpace(doc) != "" {
				objects = append(objects, decode(t, f.Name(), doc))
			}
		}
	}
	return objects
}

// What Helm makes of the chart is what render says, in each mode.
func TestHelm(t *testing.T) {
	helm := root + "/.cache/bin/helm"
	if _, err := os.Stat(helm); err != nil {
		t.Skip("Helm is not built (make deploy-check does that): the chart was not compared with what Helm makes of it")
	}
	if out, err := exec.Command(helm, "lint", "--strict", chart).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, set := range []string{"", "mode: cronjob\n", everything} {
		values := filepath.Join(t.TempDir(), "values.yaml")
		if err := os.WriteFile(values, []byte(set), 0o600); err != nil {
			t.Fatal(err)
		}
		// A Helm that go install built takes the cluster for a Kubernetes of long ago.
		out, err := exec.Command(helm, "template", "refresher", chart, "--namespace", "refresher",
			"--kube-version", "1.31.0", "--values", values).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		var made []any
		for doc := range strings.SplitSeq(strings.TrimPrefix(string(out), "---\n"), "\n---\n") {
			made = append(made, decode(t, "helm template", doc+"\n"))
		}
		want := render(t, set)
		if len(made) != len(want) {
			t.Errorf("Helm makes %d objects of %q, and render %d", len(made), set, len(want))
		}
		for _, o := range want {
			if !slices.ContainsFunc(made, func(m any) bool { return reflect.DeepEqual(m, o) }) {
				text, _ := yaml.Marshal(o)
				t.Errorf("Helm doesn't make this of %q:\n%s", set, text)
			}
		}
	}
}

func merge(into, from map[string]any) {
	for k, v := range from {
		if m, ok := v.(map[string]any); ok {
			if old, ok := into[k].(map[string]any); ok && len(old) > 0 {
				merge(old, m)
				continue
			}
		}
		into[k] = v
	}
}

func validate(t *testing.T, values map[string]any) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(chart + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(values)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Fatal(err)
	}
}

// decode reads a manifest strictly: a field that its kind doesn't have is an error.
func decode(t *testing.T, name, doc string) any {
	t.Helper()
	var kind struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal([]byte(doc), &kind); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, doc)
	}
	kinds := map[string]any{
		"v1 ConfigMap": &corev1.ConfigMap{}, "v1 ServiceAccount": &corev1.ServiceAccount{},
		"v1 Service":         &corev1.Service{},
		"apps/v1 Deployment": &appsv1.Deployment{}, "batch/v1 CronJob": &batchv1.CronJob{},
		"networking.k8s.io/v1 NetworkPolicy": &networkingv1.NetworkPolicy{},
		"networking.k8s.io/v1 Ingress":       &networkingv1.Ingress{},
		"policy/v1 PodDisruptionBudget":      &policyv1.PodDisruptionBudget{},
	}
	object, ok := kinds[kind.APIVersion+" "+kind.Kind]
	if !ok {
		t.Fatalf("%s: %q of %q is not expected", name, kind.Kind, kind.APIVersion)
	}
	if err := yaml.UnmarshalStrict([]byte(doc), object); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, doc)
	}
	return object
}

func one[T any](t *testing.T, objects []any) *T {
	t.Helper()
	for _, o := range objects {
		if found, ok := o.(*T); ok {
			return found
		}
	}
	t.Fatalf("there is no %s", reflect.TypeFor[T]())
	return nil
}

// A pod of the chart may do nothing but its work, and a key file is readable for its group alone.
func confined(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	s, c := pod.SecurityContext, pod.Containers[0]
	if s == nil || !*s.RunAsNonRoot || *s.RunAsUser != 10001 || *s.FSGroup != 10001 ||
		s.SeccompProfile.Type != "RuntimeDefault" {
		t.Errorf("the pod's security context is %+v", s)
	}
	if x := c.SecurityContext; *x.AllowPrivilegeEscalation || !*x.ReadOnlyRootFilesystem ||
		fmt.Sprint(x.Capabilities.Drop) != "[ALL]" {
		t.Errorf("the container's security context is %+v", x)
	}
	if *pod.AutomountServiceAccountToken || c.Resources.Limits.Memory().IsZero() ||
		c.Resources.Requests.Cpu().IsZero() {
		t.Error("a token is mounted, or resources are not limited")
	}
	modes := 0
	for _, v := range pod.Volumes {
		if v.Secret != nil && *v.Secret.DefaultMode == 0o440 {
			modes++
		}
	}
	if modes != 1 {
		t.Error("the secrets' files don't have mode 0440")
	}
	if *pod.TerminationGracePeriodSeconds < 30 {
		t.Error("a stopped run has no time to clean up")
	}
}

func TestChartOfTheService(t *testing.T) {
	objects := render(t, "")
	d := one[appsv1.Deployment](t, objects)
	confined(t, d.Spec.Template.Spec)
	c := d.Spec.Template.Spec.Containers[0]
	if c.Args[0] != "serve" || !strings.HasSuffix(c.Image, ":0.1.0") ||
		c.LivenessProbe.HTTPGet.HTTPHeaders[0].Value != "localhost" {
		t.Errorf("%+v", c)
	}
	for key, value := range d.Spec.Selector.MatchLabels {
		if d.Spec.Template.Labels[key] != value || one[corev1.Service](t, objects).Spec.Selector[key] != value ||
			one[policyv1.PodDisruptionBudget](t, objects).Spec.Selector.MatchLabels[key] != value {
			t.Errorf("label %s doesn't lead to the pods", key)
		}
	}
	config := one[corev1.ConfigMap](t, objects)
	if config.Data["refresher.yaml"] == "" || config.Data["app.yaml"] == "" {
		t.Errorf("%v", config.Data)
	}
	p := one[networkingv1.NetworkPolicy](t, objects)
	if len(p.Spec.PolicyTypes) != 2 || len(p.Spec.Ingress) != 1 || len(p.Spec.Ingress[0].From) != 1 ||
		len(p.Spec.Egress) != 3 {
		t.Errorf("%+v", p.Spec)
	}
	manifests(t, "serve.yaml", objects)
}

func TestChartOfTheCronJob(t *testing.T) {
	objects := render(t, "mode: cronjob\ncronjob: {pipelines: [mlflow], schedule: '30 2 * * 6'}\n")
	job := one[batchv1.CronJob](t, objects).Spec
	confined(t, job.JobTemplate.Spec.Template.Spec)
	policy := job.JobTemplate.Spec.PodFailurePolicy
	if job.ConcurrencyPolicy != "Forbid" || job.Schedule != "30 2 * * 6" || policy.Rules[0].Action != "FailJob" ||
		fmt.Sprint(policy.Rules[0].OnExitCodes.Values) != "[1 2]" ||
		job.JobTemplate.Spec.Template.Spec.RestartPolicy != "Never" {
		t.Errorf("%+v", job)
	}
	if args := job.JobTemplate.Spec.Template.Spec.Containers[0].Args; fmt.Sprint(args) != "[run mlflow]" {
		t.Errorf("arguments %v", args)
	}
	if in := one[networkingv1.NetworkPolicy](t, objects).Spec.Ingress; len(in) != 0 {
		t.Errorf("a job is reached by %v", in)
	}
	for _, o := range objects {
		switch o.(type) {
		case *corev1.Service, *appsv1.Deployment:
			t.Errorf("a cron job has %T", o)
		}
	}
	manifests(t, "cronjob.yaml", render(t, "mode: cronjob"))
}

// everything sets what the defaults leave out.
const everything = `image: {digest: "sha256:abababababababababababababababababababababababababababababababab"}
existingConfigMap: ours
env: {AWS_REGION: eu-central-1, PORT: 1}
serve: {tls: true, ingress: {enabled: true, host: refresher.staging.internal, className: nginx, tlsSecret: page, annotations: {a: b}}}
serviceAccount: {annotations: {eks.amazonaws.com/role-arn: arn:aws:iam::1:role/refresher}}
networkPolicy:
  ingressFrom: [{namespaceSelector: {matchLabels: {name: monitoring}}}]
  databases: [{cidr: 10.0.0.0/24}, {cidr: 10.1.0.0/24, port: 6432}]
  extraEgress: [{ports: [{port: 6379}]}]
podAnnotations: {c: d}
podLabels: {team: data}
nodeSelector: {pool: jobs}
tolerations: [{key: jobs, operator: Exists}]
topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
imagePullSecrets: [{name: registry}]
priorityClassName: low
`

func TestChartWithEverything(t *testing.T) {
	objects := render(t, everything)
	pod := one[appsv1.Deployment](t, objects).Spec.Template
	if pod.Spec.Volumes[0].ConfigMap.Name != "ours" || !strings.Contains(pod.Spec.Containers[0].Image, "@sha256:") ||
		pod.Spec.Containers[0].LivenessProbe.HTTPGet.Scheme != "HTTPS" || pod.Labels["team"] != "data" ||
		pod.Annotations["c"] != "d" {
		t.Errorf("%+v", pod)
	}
	if in := one[networkingv1.Ingress](t, objects).Spec; in.Rules[0].Host != "refresher.staging.internal" ||
		in.TLS[0].SecretName != "page" {
		t.Errorf("%+v", in)
	}
	p := one[networkingv1.NetworkPolicy](t, objects).Spec
	if len(p.Egress) != 5 || p.Egress[2].Ports[0].Port.IntValue() != 6432 || len(p.Ingress[0].From) != 2 {
		t.Errorf("%+v", p)
	}
}

// manifests are the plain ones, for those without Helm: what the chart's defaults make.
func manifests(t *testing.T, name string, objects []any) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b,
		"# Made from deploy/helm/refresher by its defaults: change values there, or this file for yourself.\n"+
			"#   kubectl apply --namespace refresher --filename deploy/kubernetes/%s\n"+
			"# The secrets refresher-env and refresher-files must exist, see docs/install.md.\n", name)
	for _, o := range objects {
		var tree map[string]any
		text, err := yaml.Marshal(o)
		if err == nil {
			err = yaml.Unmarshal(text, &tree)
		}
		if err != nil {
			t.Fatal(err)
		}
		delete(tree, "status")
		prune(tree)
		if text, err = yaml.Marshal(tree); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "---\n%s", text)
	}
	path := filepath.Join(root, "deploy/kubernetes", name)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(read(t, "deploy/kubernetes/"+name), b.Bytes()) {
		t.Errorf("deploy/kubernetes/%s is not what the chart makes; go test -update writes it", name)
	}
}

// prune removes what only a chart or a server says.
func prune(tree map[string]any) {
	for k, v := range tree {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "creationTimestamp")
			delete(v, "helm.sh/chart")
			delete(v, "app.kubernetes.io/managed-by")
			if prune(v); len(v) == 0 && (k == "metadata" || k == "strategy") {
				delete(tree, k)
			}
		case []any:
			for _, e := range v {
				if m, ok := e.(map[string]any); ok {
					prune(m)
				}
			}
		}
	}
}
