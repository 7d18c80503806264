package deploycheck

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

const terraform = root + "/deploy/terraform"

// blocks are the blocks of the module by their types and labels: "resource aws_s3_bucket stage".
func blocks(t *testing.T) map[string]*hclsyntax.Block {
	t.Helper()
	files, err := filepath.Glob(terraform + "/*.tf")
	if err != nil || len(files) < 4 {
		t.Fatalf("%v, %v", files, err)
	}
	all := map[string]*hclsyntax.Block{}
	parser := hclparse.NewParser()
	for _, f := range files {
		file, diagnostics := parser.ParseHCLFile(f)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		for _, b := range file.Body.(*hclsyntax.Body).Blocks {
			all[strings.Join(append([]string{b.Type}, b.Labels...), " ")] = b
		}
	}
	return all
}

// text is an attribute as it is written, with white space made one space.
func text(t *testing.T, b *hclsyntax.Block, name string) string {
	t.Helper()
	a, ok := b.Body.Attributes[name]
	if !ok {
		return ""
	}
	r := a.Expr.Range()
	source := read(t, strings.TrimPrefix(r.Filename, root+"/"))
	return strings.Join(strings.Fields(string(r.SliceBytes(source))), " ")
}

func nested(b *hclsyntax.Block, types ...string) *hclsyntax.Block {
	for _, name := range types {
		i := slices.IndexFunc(b.Body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == name })
		if i < 0 {
			return &hclsyntax.Block{Body: &hclsyntax.Body{}}
		}
		b = b.Body.Blocks[i]
	}
	return b
}

// Each stage's bucket is private, versioned and encrypted with a key of its own, and forgets.
func TestBuckets(t *testing.T) {
	all := blocks(t)
	for _, kind := range []string{"aws_s3_bucket", "aws_s3_bucket_public_access_block",
		"aws_s3_bucket_ownership_controls",
		"aws_s3_bucket_versioning", "aws_s3_bucket_server_side_encryption_configuration",
		"aws_s3_bucket_lifecycle_configuration",
		"aws_s3_bucket_policy", "aws_kms_key"} {
		b, ok := all["resource "+kind+" stage"]
		if !ok || text(t, b, "for_each") != "local.stages" {
			t.Fatalf("not every stage has %s", kind)
		}
	}
	block := all["resource aws_s3_bucket_public_access_block stage"]
	for _, name := range []string{"block_public_acls", "block_public_policy", "ignore_public_acls",
		"restrict_public_buckets"} {
		if text(t, block, name) != "true" {
			t.Errorf("%s is not true", name)
		}
	}
	for _, want := range []struct{ got, want string }{
		{text(t, nested(all["resource aws_s3_bucket_versioning stage"], "versioning_configuration"), "status"), `"Enabled"`},
		{text(t, nested(all["resource aws_s3_bucket_ownership_controls stage"], "rule"), "object_ownership"), `"BucketOwnerEnforced"`},
		{text(t, nested(all["resource aws_s3_bucket_server_side_encryption_configuration stage"], "rule",
			"apply_server_side_encryption_by_default"), "kms_master_key_id"), "aws_kms_key.stage[each.key].arn"},
		{text(t, nested(all["resource aws_s3_bucket_lifecycle_configuration stage"], "rule",
			"noncurrent_version_expiration"),
			"noncurrent_days"), "var.retention_days"},
		{text(t, all["resource aws_kms_key stage"], "enable_key_rotation"), "true"},
		{text(t, nested(all["resource aws_s3_bucket stage"], "lifecycle"), "prevent_destroy"), "true"},
	} {
		if want.got != want.want {
			t.Errorf("%s, want %s", want.got, want.want)
		}
	}
}

// statements are those of a policy document by their names.
func statements(t *testing.T, name string) map[string]*hclsyntax.Block {
	t.Helper()
	found := map[string]*hclsyntax.Block{}
	for _, b := range blocks(t)["data aws_iam_policy_document "+name].Body.Blocks {
		found[strings.Trim(text(t, b, "sid"), `"`)] = b
	}
	return found
}

var quoted = regexp.MustCompile(`"([^"]+)"`)

func words(text string) (all []string) {
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// The writer has the rights that the documentation tells, and no others on buckets.
func TestTheWritersRightsAreTheDocumentedOnes(t *testing.T) {
	s := statements(t, "refresher")
	granted := append(words(text(t, s["ListBuckets"], "actions")), words(text(t, s["WriteObjects"], "actions"))...)
	doc := string(read(t, "docs/configuration.md"))
	policy := doc[strings.Index(doc, "```json\n"):]
	policy = policy[:strings.Index(policy, "\n```\n")]
	var told []string
	for _, w := range words(policy) {
		if strings.HasPrefix(w, "s3:") {
			told = append(told, w)
		}
	}
	if !slices.Equal(granted, told) {
		t.Errorf("granted %v, told %v", granted, told)
	}
}

// A reader reads its own stage's bucket. To all else there is a deny, which wins over what
// other policies grant: buckets, keys, databases, secrets and roles.
func TestNoWayFromDevToProduction(t *testing.T) {
	s := statements(t, "reader")
	for sid, actions := range map[string][]string{"ListBucket": {"s3:ListBucket"}, "ReadObjects": {"s3:GetObject"},
		"DecryptObjects": {"kms:Decrypt"}} {
		if got := words(text(t, s[sid], "actions")); !slices.Equal(got, actions) || !strings.Contains(text(t, s[sid],
			"resources"), "stage[each.key].arn") {
			t.Errorf("%s grants %v on %s", sid, got, text(t, s[sid], "resources"))
		}
	}
	for sid, want := range map[string]string{"NoOtherBucket": "s3:*", "NoDatabaseNoSecret": "rds-db:connect",
		"NoOtherKey":  "kms:Decrypt",
		"NoOtherRole": "sts:AssumeRole"} {
		if b := s[sid]; b == nil || text(t, b, "effect") != `"Deny"` || !slices.Contains(words(text(t, b, "actions")), want) {
			t.Errorf("%s doesn't deny %s", sid, want)
		}
	}
	if len(s) != 7 {
		t.Errorf("%d statements", len(s))
	}
	// Nor do buckets and the masking key let others in.
	for document, sids := range map[string][]string{"bucket": {"TLSOnly", "TwoRolesRead", "OneRoleWrites"},
		"masking_key": {"RefresherOnly"}} {
		for _, sid := range sids {
			if b := statements(t, document)[sid]; b == nil || text(t, b, "effect") != `"Deny"` {
				t.Errorf("%s has no deny %s", document, sid)
			}
		}
	}
}

// Every variable is described and used, every reference leads to something, and the example gives
// what has no default.
func TestTerraformVariables(t *testing.T) {
	all := blocks(t)
	var used, referred []string
	for _, b := range all {
		for _, traversal := range traversals(b.Body) {
			root := traversal.RootName()
			if len(traversal) < 2 {
				continue
			}
			attr, ok := traversal[1].(hcl.TraverseAttr)
			switch {
			case !ok:
			case root == "var":
				used = append(used, attr.Name)
			case strings.HasPrefix(root, "aws_"):
				referred = append(referred, "resource "+root+" "+attr.Name)
			case root == "data" && len(traversal) > 2:
				if name, ok := traversal[2].(hcl.TraverseAttr); ok {
					referred = append(referred, "data "+attr.Name+" "+name.Name)
				}
			}
		}
	}
	for _, r := range referred {
		if all[r] == nil {
			t.Errorf("there is no %s", r)
		}
	}
	example := string(read(t, "deploy/terraform/example/main.tf"))
	for name, b := range all {
		v, ok := strings.CutPrefix(name, "variable ")
		if !ok {
			continue
		}
		if text(t, b, "description") == "" || !slices.Contains(used, v) {
			t.Errorf("variable %s has no description or no use", v)
		}
		if text(t, b, "default") == "" && !regexp.MustCompile(`(?m)^  `+v+` +=`).MatchString(example) {
			t.Errorf("the example doesn't give %s", v)
		}
	}
	for _, v := range used {
		if all["variable "+v] == nil {
			t.Errorf("there is no variable %s", v)
		}
	}
}

func traversals(body *hclsyntax.Body) (all []hcl.Traversal) {
	for _, a := range body.Attributes {
		all = append(all, a.Expr.Variables()...)
	}
	for _, b := range body.Blocks {
		all = append(all, traversals(b.Body)...)
	}
	return all
}

// As `terraform fmt` leaves the files.
func TestTerraformIsFormatted(t *testing.T) {
	files, err := filepath.Glob(terraform + "/*.tf")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, terraform+"/example/main.tf") {
		text := read(t, strings.TrimPrefix(f, root+"/"))
		for i, line := range strings.Split(string(hclwrite.Format(text)), "\n") {
			if got := strings.Split(string(text), "\n")[i]; got != line {
				t.Errorf("%s:%d: %q should be %q", f, i+1, got, line)
			}
		}
	}
}
