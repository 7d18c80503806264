package discover

import (
	"slices"

	"refresher/internal/pii"
	"refresher/internal/scrub"
)

// secretRules: what opens something, and whoever is known elsewhere by it.
var secretRules = []nameRule{
	{pii.Token, 0.85, secrets, nothing, and(lastWord("secret", "secrets", "token", "passcode", "otp"), not(has("date|at")), hasNoWord("design", "style", "page"))},
	{pii.Token, 0.65, secrets, nothing, and(lastWord("key", "keys"), hasWord("merchant", "access", "signing", "encryption", "master", "api", "private", "secret", "licence", "license", "publishable", "server", "webhook", "consumer", "shared", "auth", "activation", "recovery", "deploy", "ssh", "gpg", "pgp", "authentication", "decryption"))},
	{pii.Token, 0.65, append([]scrub.Family{scrub.FamilyNumber}, secrets...), nothing, and(lastWord("code", "codes", "pin", "digest"), not(has("date|at")), opens, hasNoWord("return", "status", "error", "response", "reason", "type", "promo", "discount", "coupon", "country", "avs"))},
	{pii.Token, 0.6, append([]scrub.Family{scrub.FamilyNumber}, secrets...), nothing, func(n, t *name) bool {
		return hasWord("invitation", "invitations", "invite", "invites", "verifications", "otps")(t, nil) && len(n.parts) == 1 && hasWord("code", "key", "hash")(n, nil)
	}},
	{pii.Token, 0.7, texts, nothing, and(hasWord("security", "secret", "recovery"), hasWord("answer", "answers", "hint"))},
	{pii.Token, 0.55, []scrub.Family{scrub.FamilyText}, author, and(just("fingerprint"), func(_, t *name) bool {
		return hasWord("submission", "submissions", "signup", "signups", "vote", "votes", "click", "clicks")(t, nil)
	})},
	{pii.Token, 0.55, secrets, nothing, and(lastWord("fingerprint"), hasWord("device", "browser", "visitor", "client"))},
	{pii.URL, 0.55, texts, nothing, func(n, t *name) bool { return n.last == "url" && headOf(t) == "token" }},
	{pii.Token, 0.55, secrets, nothing, func(n, t *name) bool {
		return hasWord("push")(t, nil) && hasWord("subscription", "subscriptions", "endpoint", "endpoints", "token", "tokens", "device", "devices", "notification", "notifications")(t, nil) && len(n.parts) <= 2 && hasWord("auth", "endpoint", "dh")(n, nil)
	}},
}

// opens: a code that lets somebody in.
var opens = hasWord("invite", "invitation", "reset", "confirm", "confirmation", "verification", "verify", "activation", "access", "security", "otp", "login", "signin", "signup", "join",
	"sms", "mfa", "totp", "recovery", "backup", "unlock", "pairing", "referral", "door", "gate", "alarm", "entry", "einladung", "bestatigung", "acceso", "acesso", "verificacion", "protect", "sharing", "scratch", "user", "device", "oauth")

// elsewhere are services that keep persons, their payments or their devices.
var elsewhere = []string{"facebook", "google", "linkedin", "twitter", "github", "gitlab", "apple", "microsoft", "azure", "okta", "auth", "firebase", "line", "kakao", "wechat", "vk", "yandex",
	"yahoo", "amazon", "steam", "discord", "slack", "telegram", "tiktok", "instagram", "snapchat", "spotify", "strava", "fitbit", "garmin", "keycloak", "cognito", "saml", "oidc", "oauth", "openid", "ldap",
	"sso", "orcid", "stripe", "paypal", "braintree", "adyen", "klarna", "razorpay", "mollie", "gocardless", "plaid", "dwolla", "payoneer", "venmo", "alipay", "checkout", "worldpay", "recurly",
	"chargebee", "paddle", "mercadopago", "pagseguro", "salesforce", "hubspot", "zendesk", "intercom", "mailchimp", "sendgrid", "shopify", "xero", "quickbooks", "marketo", "pipedrive", "amplitude",
	"mixpanel", "onesignal", "expo", "fcm", "apns", "idfa", "gaid", "advertising", "push", "gocardless", "wepay", "fb", "gplus", "qq", "weibo", "skype", "whatsapp", "external", "omniauth", "shibboleth", "entra"}

// whom are the words that such an identifier may have beside the service's.
var whom = []string{"id", "ids", "uid", "guid", "sub", "user", "customer", "cust", "account", "payer", "member", "contact", "subscriber", "seller", "buyer", "merchant", "receiver", "sender", "recipient", "profile", "bank", "card", "person",
	"oauth", "auth", "cardholder", "payee", "lead", "client", "agreement", "billing", "connect", "device", "player", "employee", "patient", "authentication", "login", "identity", "athlete"}

// abroad is what an identifier at another service is, which ends like a key of this
// database: it must be text, and no table here be called like it.
func (c *column) abroad() hint {
	n := c.name
	if c.family != scrub.FamilyText || c.key != nil || c.surrogate() || !lastWord("id", "ids", "uid", "uuid", "sub", "guid", "account", "customer")(n, nil) {
		return hint{}
	}
	if c.table.provider && lastWord("uid", "uuid")(n, nil) && len(n.parts) <= 2 && n.parts[0] != "product" {
		return hint{class: pii.Username, score: 0.6}
	}
	if head := headOf(c.table.name); (head == "person" || head == "user") && len(n.parts) > 1 && c.table.keyed() && !c.table.known(n) && !n.any("product", "system", "org", "vendor", "institution", "region", "city", "country", "location", "photo", "file", "job") &&
		hasNoWord("tenant", "parent", "group", "department", "dept", "realm", "team", "office", "unit", "row", "record", "correlation", "external", "session", "manager", "created", "updated")(n, nil) {
		return hint{class: pii.Username, score: 0.5}
	}
	if (c.table.placed || c.table.written) && hasWord("advertising", "idfa", "gaid", "push", "fcm", "onesignal", "expo")(n, nil) {
		return hint{class: pii.Token, score: 0.6}
	}
	service, person := false, false
	for _, w := range n.parts {
		switch {
		case slices.Contains(elsewhere, w):
			service = true
		case slices.Contains(whom, w):
			person = person || !slices.Contains([]string{"id", "ids", "uid", "guid", "sub"}, w)
		default:
			return hint{}
		}
	}
	theirs := slices.ContainsFunc(c.table.name.parts, func(w string) bool { return w != "line" && w != "external" && slices.Contains(elsewhere, w) })
	head := headOf(c.table.name)
	switch {
	case service && (person || c.table.about && head != "product" && head != "contactinfo" || head == "account" || head == "username"):
		return hint{class: pii.Token, score: 0.6}
	case !service && person && theirs && !c.table.known(n):
		return hint{class: pii.Username, score: 0.6}
	}
	return hint{}
}

// keyed reports a table whose key is no text, so that an identifier which is text
// is no key of this database.
func (t *table) keyed() bool {
	if len(t.PrimaryKey) != 1 {
		return false
	}
	k := t.column(t.PrimaryKey[0])
	return k != nil && (k.family == scrub.FamilyNumber || k.family == scrub.FamilyUUID)
}
