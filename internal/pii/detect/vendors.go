package detect

import "sync"

// A shape is a vendor's documented key form: a prefix and at least min further
// characters of its alphabet.
type shape struct {
	prefix string
	min    int
	exact  bool   // not more than min either
	mixed  bool   // there are capitals, small letters and digits in it: the prefix alone is a word
	infix  string // it holds this
}

// vendor is whose keys have these shapes.
type vendor struct {
	name string
	keys []shape
}

// vendors are those whose keys are known by their shape. docs/detectors.md lists them.
var vendors = [...]vendor{
	{"1Password", []shape{{prefix: "ops_eyJ", min: 100}}},
	{"age", []shape{{prefix: "AGE-SECRET-KEY-1", min: 58, exact: true}}},
	{"Alibaba Cloud", []shape{{prefix: "LTAI", min: 20}}},
	{"Anthropic", []shape{{prefix: "sk-ant-", min: 20}}},
	{"Atlassian", []shape{{prefix: "ATATT3", min: 40}, {prefix: "ATCTT3", min: 40}}},
	{"AWS", []shape{{prefix: "AKIA", min: 16, exact: true}, {prefix: "ASIA", min: 16, exact: true},
		{prefix: "ABIA", min: 16, exact: true}, {prefix: "ACCA", min: 16, exact: true}}},
	{"Braintree", []shape{{prefix: "access_token$production$", min: 16}}},
	{"Brevo", []shape{{prefix: "xkeysib-", min: 70}, {prefix: "xsmtpsib-", min: 70}}},
	{"Buildkite", []shape{{prefix: "bkua_", min: 40}}},
	{"CircleCI", []shape{{prefix: "CCIPAT_", min: 20}}},
	{"Clojars", []shape{{prefix: "CLOJARS_", min: 60}}},
	{"Contentful", []shape{{prefix: "CFPAT-", min: 40}}},
	{"Databricks", []shape{{prefix: "dapi", min: 32, exact: true}}},
	{"DigitalOcean", []shape{{prefix: "dop_v1_", min: 64}, {prefix: "doo_v1_", min: 64}, {prefix: "dor_v1_", min: 64}}},
	{"Docker Hub", []shape{{prefix: "dckr_pat_", min: 20}}},
	{"Doppler", []shape{{prefix: "dp.pt.", min: 40}, {prefix: "dp.st.", min: 40}, {prefix: "dp.sa.", min: 40}}},
	{"Dropbox", []shape{{prefix: "sl.", min: 120}}},
	{"Duffel", []shape{{prefix: "duffel_live_", min: 40}}},
	{"Dynatrace", []shape{{prefix: "dt0c01.", min: 80}}},
	{"EasyPost", []shape{{prefix: "EZAK", min: 54, exact: true}}},
	{"Expo", []shape{{prefix: "ExponentPushToken[", min: 18}, {prefix: "ExpoPushToken[", min: 18}}},
	{"Facebook", []shape{{prefix: "EAA", min: 100, mixed: true}}},
	{"Figma", []shape{{prefix: "figd_", min: 32}}},
	{"Firebase Cloud Messaging", []shape{{prefix: "APA91b", min: 120}}},
	{"Flutterwave", []shape{{prefix: "FLWSECK-", min: 32}}},
	{"Fly.io", []shape{{prefix: "fm2_", min: 60, mixed: true}}},
	{"GitHub", []shape{{prefix: "ghp_", min: 36}, {prefix: "gho_", min: 36}, {prefix: "ghu_", min: 36},
		{prefix: "ghs_", min: 36}, {prefix: "ghr_", min: 36}, {prefix: "github_pat_", min: 22}}},
	{"GitLab", []shape{{prefix: "glpat-", min: 20}, {prefix: "glptt-", min: 20}, {prefix: "gldt-", min: 20},
		{prefix: "glrt-", min: 20}, {prefix: "glcbt-", min: 20}, {prefix: "glft-", min: 20},
		{prefix: "glimt-", min: 20}, {prefix: "glagent-", min: 20}, {prefix: "glsoat-", min: 20}, {prefix: "gloas-", min: 40}}},
	{"Google", []shape{{prefix: "AIza", min: 35, exact: true}, {prefix: "ya29.", min: 20},
		{prefix: "GOCSPX-", min: 20}}},
	{"Grafana", []shape{{prefix: "glsa_", min: 32}, {prefix: "glc_", min: 32}}},
	{"Groq", []shape{{prefix: "gsk_", min: 40}}},
	{"HashiCorp Vault", []shape{{prefix: "hvs.", min: 24}, {prefix: "hvb.", min: 24}, {prefix: "hvr.", min: 24}}},
	{"Heroku", []shape{{prefix: "HRKU-", min: 36}}},
	{"HubSpot", []shape{{prefix: "pat-na1-", min: 36}, {prefix: "pat-eu1-", min: 36}}},
	{"Hugging Face", []shape{{prefix: "hf_", min: 34}}},
	{"JFrog", []shape{{prefix: "AKCp", min: 60}}},
	{"Linear", []shape{{prefix: "lin_api_", min: 32}}},
	{"Mapbox", []shape{{prefix: "sk.eyJ", min: 40}}},
	{"Mollie and GoCardless", []shape{{prefix: "live_", min: 30, mixed: true}}},
	{"Netlify", []shape{{prefix: "nfp_", min: 36}}},
	{"New Relic", []shape{{prefix: "NRAK-", min: 27, exact: true}, {prefix: "NRII-", min: 32}}},
	{"Notion", []shape{{prefix: "ntn_", min: 43}, {prefix: "secret_", min: 43, exact: true, mixed: true}}},
	{"npm", []shape{{prefix: "npm_", min: 36}}},
	{"OneSignal", []shape{{prefix: "os_v2_app_", min: 60}, {prefix: "os_v2_org_", min: 60}}},
	{"OpenAI", []shape{{prefix: "sk-proj-", min: 20}, {prefix: "sk-svcacct-", min: 20}, {prefix: "sk-admin-", min: 20},
		{prefix: "sk-", min: 40, infix: "T3BlbkFJ"}}},
	{"OpenRouter", []shape{{prefix: "sk-or-v1-", min: 64}}},
	{"Perplexity", []shape{{prefix: "pplx-", min: 40}}},
	{"Plaid", []shape{{prefix: "access-production-", min: 36, exact: true}}},
	{"PlanetScale", []shape{{prefix: "pscale_tkn_", min: 32}, {prefix: "pscale_pw_", min: 32},
		{prefix: "pscale_oauth_", min: 32}}},
	{"PostHog", []shape{{prefix: "phc_", min: 40}, {prefix: "phx_", min: 40}}},
	{"Postman", []shape{{prefix: "PMAK-", min: 40}}},
	{"Prefect", []shape{{prefix: "pnu_", min: 36}}},
	{"Pulumi", []shape{{prefix: "pul-", min: 40}}},
	{"PyPI", []shape{{prefix: "pypi-", min: 50}}},
	{"Razorpay", []shape{{prefix: "rzp_live_", min: 14, exact: true}}},
	{"Replicate", []shape{{prefix: "r8_", min: 36}}},
	{"Resend", []shape{{prefix: "re_", min: 30, mixed: true}}},
	{"RubyGems", []shape{{prefix: "rubygems_", min: 48}}},
	{"SendGrid", []shape{{prefix: "SG.", min: 60}}},
	{"Sentry", []shape{{prefix: "sntrys_", min: 40}, {prefix: "sntryu_", min: 40}}},
	{"Shippo", []shape{{prefix: "shippo_live_", min: 40}}},
	{"Shopify", []shape{{prefix: "shpat_", min: 32}, {prefix: "shpss_", min: 32}, {prefix: "shpca_", min: 32},
		{prefix: "shppa_", min: 32}, {prefix: "shptka_", min: 32}}},
	{"Slack", []shape{{prefix: "xoxb-", min: 10}, {prefix: "xoxp-", min: 10}, {prefix: "xoxa-", min: 10},
		{prefix: "xoxr-", min: 10}, {prefix: "xoxs-", min: 10}, {prefix: "xoxc-", min: 10}, {prefix: "xoxd-", min: 10},
		{prefix: "xapp-", min: 20}, {prefix: "xoxe-", min: 20}, {prefix: "xoxe.", min: 20}}},
	{"Sonar", []shape{{prefix: "squ_", min: 40, exact: true}, {prefix: "sqp_", min: 40, exact: true},
		{prefix: "sqa_", min: 40, exact: true}}},
	{"Square", []shape{{prefix: "sq0atp-", min: 22}, {prefix: "sq0idp-", min: 22}, {prefix: "sq0csp-", min: 40},
		{prefix: "EAAA", min: 60}}},
	{"Stripe", []shape{{prefix: "sk_live_", min: 16}, {prefix: "rk_live_", min: 16}, {prefix: "pk_live_", min: 16},
		{prefix: "sk_test_", min: 16}, {prefix: "rk_test_", min: 16}, {prefix: "sk_org_", min: 16},
		{prefix: "whsec_", min: 24}}},
	{"Supabase", []shape{{prefix: "sbp_", min: 40}, {prefix: "sb_secret_", min: 20}}},
	{"Tailscale", []shape{{prefix: "tskey-auth-", min: 20}, {prefix: "tskey-api-", min: 20}}},
	{"Tencent Cloud", []shape{{prefix: "AKID", min: 32, exact: true}}},
	{"Typeform", []shape{{prefix: "tfp_", min: 40}}},
	{"VK", []shape{{prefix: "vk1.a.", min: 80}}},
	{"xAI", []shape{{prefix: "xai-", min: 80, exact: true}}},
	{"Yandex Cloud", []shape{{prefix: "AQVN", min: 35}}},
}

// shapes by first letter, so that a word is compared with few.
var shapes = sync.OnceValue(func() *[256][]shape {
	var t [256][]shape
	for _, v := range vendors {
		for _, s := range v.keys {
			t[s.prefix[0]] = append(t[s.prefix[0]], s)
		}
	}
	return &t
})

// secretSecond holds, for the first byte of a secret, what its second byte is
// modulo 64, as bits.
var secretSecond = func() (t [256]uint64) {
	for _, v := range vendors {
		for _, s := range v.keys {
			t[s.prefix[0]] |= 1 << (s.prefix[1] & 63)
		}
	}
	t['e'] |= 1 << ('y' & 63) // eyJ…: a JWT
	t['A'] |= 1 << ('C' & 63) // AC…: an account at Twilio
	t['k'] |= 1 << ('e' & 63) // key-…: Mailgun
	for _, c := range "MNO" { // a bot of Discord: base64 of digits
		for _, second := range "DTjz" {
			t[c] |= 1 << (second & 63)
		}
	}
	return t
}()
