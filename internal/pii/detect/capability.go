package detect

import (
	"bytes"

	"refresher/internal/pii"
)

// maxURL is the length of a URL up to which it is read.
const maxURL = 2048

// webhooks are hosts at which whoever has the URL may act, and how its path begins there. A host that begins
// with a dot stands for all beneath it.
var webhooks = [...]struct{ host, path string }{
	{"hooks.slack.com", "/services/"}, {"hooks.slack.com", "/workflows/"}, {"hooks.slack.com", "/triggers/"},
	{".webhook.office.com", "/webhook"}, {"outlook.office.com", "/webhook/"}, {"outlook.office365.com", "/webhook/"},
	{".logic.azure.com", "/workflows/"}, {".powerplatform.com", "/powerautomate/"},
	{"discord.com", "/api/webhooks/"}, {"discordapp.com", "/api/webhooks/"}, {"hooks.zapier.com", "/hooks/"},
	{"events.pagerduty.com", "/integration/"}, {"alert.victorops.com", "/integrations/"}, {"api.telegram.org", "/bot"},
	{"maker.ifttt.com", "/trigger/"}, {"hook.integromat.com", "/"}, {"hook.eu1.make.com", "/"}, {"hook.eu2.make.com", "/"},
	{"hook.us1.make.com", "/"}, {"hook.us2.make.com", "/"}, {"chat.googleapis.com", "/v1/spaces/"},
	{"open.feishu.cn", "/open-apis/bot/"}, {"oapi.dingtalk.com", "/robot/send"}, {"qyapi.weixin.qq.com", "/cgi-bin/webhook/"},
	{"hooks.airtable.com", "/workflows/"}, {".ingest.sentry.io", "/"}, {"hooks.slack-gov.com", "/services/"},
	{"ptb.discord.com", "/api/webhooks/"}, {"canary.discord.com", "/api/webhooks/"},
	{"events.eu.pagerduty.com", "/integration/"}, {"webexapis.com", "/v1/webhooks/incoming/"},
	{"hooks.ringcentral.com", "/webhook/"}, {"hooks.glip.com", "/webhook/"}, {"hooks.nabu.casa", "/"},
	{"app.datadoghq.com", "/intake/webhook/"}, {"hc-ping.com", "/"}, {"api.svix.com", "/ingest/"},
	{"api.netlify.com", "/build_hooks/"}, {"api.vercel.com", "/v1/integrations/deploy/"},
	{"api.render.com", "/deploy/"},
	// addresses of browsers, at which whoever has them and the site's key may show messages
	{"fcm.googleapis.com", "/fcm/send/"}, {"fcm.googleapis.com", "/wp/"}, {"web.push.apple.com", "/"},
	{"updates.push.services.mozilla.com", "/wpush/"}, {".notify.windows.com", "/w/"},
}

// signatures are parameters of a query that let whoever has the URL read or write what it names: those of AWS, Google,
// CloudFront, Azure, Alibaba, Tencent and Huawei.
var signatures = [...]string{"X-Amz-Signature=", "X-Goog-Signature=", "AWSAccessKeyId=", "GoogleAccessId=",
	"Key-Pair-Id=", "&sig=", "?sig=", "OSSAccessKeyId=", "x-oss-signature=", "q-signature=", "X-Obs-Signature="}

// actingURL looks for a URL that lets a program act around the colon at i: one with a password or a token, of a
// vendor's webhook, or signed. Hosts that are nobody's lead nowhere, and are no hits.
func actingURL(text []byte, free, i int) Hit {
	if i+4 > len(text) || text[i+1] != '/' || text[i+2] != '/' {
		return Hit{}
	}
	start := i
	for start > free && i-start < 20 &&
		(kinds[text[start-1]]&alnum != 0 || text[start-1] == '+' || text[start-1] == '-') {
		start--
	}
	for start < i && kinds[text[start]] != letter {
		start++
	}
	end := i + 3
	for end < len(text) && end-i < maxURL && !endsURL(text[end]) {
		end++
	}
	rest := text[i+3 : end]
	authority, path := rest, []byte(nil)
	if n := bytes.IndexAny(rest, "/?#"); n >= 0 {
		authority, path = rest[:n], rest[n:]
	}
	at := bytes.LastIndexByte(authority, '@')
	host := authority[at+1:]
	if n := bytes.IndexByte(host, ':'); n >= 0 {
		host = host[:n]
	}
	if i-start < 2 || len(host) == 0 || nobodysHost(host) {
		return Hit{}
	}
	hit := Hit{Class: pii.Capability, Start: start, Strong: true}
	switch query := bytes.IndexByte(path, '?'); {
	case at > 0 && opens(authority[:at]):
		hit.Kind, hit.End = "url_password", i+3+len(authority) // what follows may hold more
	case atWebhook(host, path):
		hit.Kind, hit.End = "webhook", end
	case query >= 0 && signed(path[query:]):
		hit.Kind, hit.End = "signed_url", end
	default:
		return Hit{}
	}
	return hit
}

func endsURL(c byte) bool {
	return c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' || c == '`' || c == ')' || c == '|'
}

// opens reports a user and a password, or a token for a user, before the host. What a program fills in is none.
func opens(user []byte) bool {
	name, password, ok := bytes.Cut(user, []byte{':'})
	if !ok {
		return len(name) >= 20 && plainSecret(name) && bytes.ContainsAny(name, "0123456789")
	}
	return plainSecret(password)
}

// plainSecret reports a secret as it is: no placeholder and not crossed out.
func plainSecret(s []byte) bool {
	return len(s) > 0 && !bytes.ContainsAny(s, "<>{}$") && len(bytes.Trim(s, "*xX.-_")) > 0 &&
		!bytes.EqualFold(s, []byte("password")) && !bytes.EqualFold(s, []byte("pass")) && string(s) != "[redacted]"
}

func atWebhook(host, path []byte) bool {
	for _, w := range webhooks {
		if len(path) < len(w.path)+6 || string(path[:len(w.path)]) != w.path {
			continue
		}
		beneath := w.host[0] == '.' && len(host) > len(w.host) &&
			bytes.EqualFold(host[len(host)-len(w.host):], []byte(w.host))
		if beneath || bytes.EqualFold(host, []byte(w.host)) {
			return true
		}
	}
	return false
}

func signed(query []byte) bool {
	for _, s := range signatures {
		if n := bytes.Index(query, []byte(s)); n >= 0 && len(query)-n-len(s) >= 10 {
			return true
		}
	}
	return false
}

// nobodysHost reports a host that standards keep for tests and documents (RFC 2606, RFC 6761), or this machine.
func nobodysHost(host []byte) bool {
	host = bytes.TrimSuffix(host, []byte{'.'})
	last := host[bytes.LastIndexByte(host, '.')+1:]
	for _, s := range [...]string{"invalid", "test", "example", "localhost"} {
		if bytes.EqualFold(last, []byte(s)) {
			return true
		}
	}
	for _, s := range [...]string{"example.com", "example.org", "example.net"} {
		n := len(host) - len(s)
		if n >= 0 && bytes.EqualFold(host[n:], []byte(s)) && (n == 0 || host[n-1] == '.') {
			return true
		}
	}
	return bytes.HasPrefix(host, []byte("127.")) || string(host) == "[" // of an address of IPv6, which is cut there
}

// connection looks for the password of a connection string at the '=' at i.
func connection(text []byte, i int) Hit {
	word := i
	for word > 0 && i-word < 20 && kinds[text[word-1]]&alnum != 0 {
		word--
	}
	switch string(bytes.ToLower(text[word:i])) {
	case "password", "pwd", "passwd", "accountkey", "sharedaccesskey":
	default:
		return Hit{}
	}
	around := bytes.ToLower(text[max(0, word-200):min(len(text), i+200)])
	known := false
	for _, s := range [...]string{"host=", "server=", "data source=", "accountname=", "endpoint="} {
		known = known || bytes.Contains(around, []byte(s))
	}
	end := i + 1
	for end < len(text) && end-i < 200 && text[end] != ';' && text[end] != '&' && !endsURL(text[end]) {
		end++
	}
	if !known || end-i < 4 || !plainSecret(text[i+1:end]) {
		return Hit{}
	}
	return Hit{Class: pii.Capability, Kind: "connection_string", Start: word, End: end, Strong: true}
}
