package discover

import (
	"slices"

	"refresher/internal/pii"
	"refresher/internal/scrub"
)

// proseRules: what persons write, and what is written for all to read.
var proseRules = []nameRule{
	{pii.None, 0.8, writings, nothing, published},
	{pii.None, 0.8, texts, nothing, cause},
	{pii.FreeText, 0.55, texts, nothing, and(typedIn, not(has("product")))},
	{pii.FreeText, 0.5, append([]scrub.Family{scrub.FamilyJSON}, texts...), nothing, func(n, t *name) bool {
		return hasWord("job", "jobs", "delayed", "sidekiq", "celery", "resque")(t, nil) && hasNoWord("recurring", "job", "title", "titles", "posting", "postings")(n, nil) && t.last == "job" &&
			just("handler", "args", "arguments", "payload", "kwargs")(n, nil)
	}},
	{pii.FreeText, 0.55, append([]scrub.Family{scrub.FamilyJSON}, writings...), nothing, trail},
	{pii.FreeText, 0.5, []scrub.Family{scrub.FamilyJSON}, author, just("transcript", "messages", "conversation", "chat", "answers", "responses", "comments")},
	{pii.FreeText, 0.5, texts, author, and(just("title", "subject", "detail", "headline"), func(_, t *name) bool {
		return lastWord("problem", "problems", "issue", "issues", "complaint", "complaints", "enquiry", "enquiries", "inquiry", "inquiries", "grievance", "grievances", "incident", "incidents")(t, nil)
	})},
	{pii.FreeText, 0.5, texts, author, and(lastWord("title", "subject", "excerpt"), hasNoWord("meta", "seo", "job", "page"), func(_, t *name) bool {
		return lastWord("topic", "topics", "discussion", "discussions", "question", "questions")(t, nil)
	})},
	{pii.FreeText, 0.5, texts, author, and(lastWord("reason", "reasons"), func(n, _ *name) bool { return len(n.parts) > 1 }, not(has("product|system")), hasNoWord("failure", "error", "pending", "void", "reversal", "status", "decline", "hold", "bounce", "retry", "code", "retire", "delete", "deleted", "inactive", "deactivation"))},
	{pii.FreeText, 0.5, texts, author, and(lastWord("text"), hasWord("custom", "free", "other", "reason", "answer"), not(has("product")))},
	{pii.FreeText, 0.55, texts, nothing, and(func(n, _ *name) bool {
		return len(n.parts) > 0 && slices.Contains([]string{"note", "comment", "observation", "message", "review"}, n.parts[0])
	}, ends("note", "message"), only("note", "message", "neutral", "filler", ""), func(_, t *name) bool { return !t.has("product") })},
	{pii.FreeText, 0.55, texts, nothing, just("verwendungszweck", "buchungstext", "zahlungsgrund", "remittance")},
	{pii.FreeText, 0.5, texts, nothing, and(ends("description"), only("description", ""), func(n, t *name) bool {
		return len(n.parts) == 2 && n.parts[1] != "url" && t.has("note|message") && !t.has("product")
	})},
	{pii.FreeText, 0.5, texts, person, just("info", "about", "motivation", "motivations", "goals", "aspirations", "essay", "hobby")},
	{pii.FreeText, 0.5, texts, person, and(lastWord("statement", "statements"), hasNoWord("account", "bank", "financial", "sql", "descriptor"))},
	{pii.FreeText, 0.55, texts, author, and(hasWord("special", "delivery", "customer", "gift"), hasWord("request", "requests", "requirements", "instructions", "needs", "wishes"))},
	{pii.FreeText, 0.55, texts, nothing, just("violations", "violation", "allegation", "allegations", "remarks", "findings", "testimony", "grievance", "grievances", "circumstances", "narrative", "beanstandungen", "infracciones", "infractions", "constatations")},
}

// published: what a site shows to everybody, or a programmer wrote: pages,
// translations, styles, scripts, and what machines tell each other.
func published(n, t *name) bool {
	if n.any("email", "phone", "person", "username", "ip") && !hasWord("content", "template", "meta", "seo", "css")(n, nil) || t.any("note") {
		return false
	}
	if hasWord("css", "scss", "stylesheet", "script", "javascript", "js", "footer", "copyright", "seo", "embed", "snippet", "slate", "translation", "translations", "backtrace", "stacktrace", "utm", "slug", "metadata", "sid", "redirect", "disclaimer", "imprint", "impressum", "changelog", "meta")(n, nil) {
		return !(hasWord("meta", "metadata")(n, nil) && (len(n.parts) > 1 && n.last != "description" || t.any("person", "user")))
	}
	if n.last == "url" && n.any("product", "job") && !n.any("person", "photo", "avatar") || lastWord("template", "templates", "regex", "sql", "xpath", "selector")(n, nil) {
		return true
	}
	if hasWord("privacy", "terms")(n, nil) && (len(n.parts) == 1 || hasWord("text", "content", "policy", "html", "use", "service", "conditions")(n, nil)) {
		return true
	}
	if hasWord("page", "pages")(n, nil) && hasWord("content", "body", "text", "title", "description")(n, nil) || n.has("product") && !n.any("note", "message") && lastWord("description", "desc")(n, nil) {
		return true
	}
	page := hasWord("customization", "customizations", "customisation", "translation", "translations", "template", "templates", "landing", "theme", "themes", "cms", "snippet", "snippets", "faq", "faqs", "locale", "locales",
		"banner", "banners", "listicles", "announcement", "announcements", "release", "releases", "patch", "changelog", "static", "lines", "productlines")(t, nil)
	return page && (n.any("body", "description", "message", "note") || hasWord("title", "subtitle", "translation", "content", "subject", "info")(n, nil)) && !n.any("person")
}

// cause: why something failed or waits, one of the words of a program.
func cause(n, t *name) bool {
	if !hasWord("reason", "reasons")(n, nil) || n.parts[0] == "reason" {
		return false
	}
	if hasWord("failure", "error", "pending", "void", "reversal", "status", "block", "decline", "declined", "hold", "dispute", "bounce")(n, nil) {
		return t.any("product", "username", "system", "card") || hasWord("login", "logins", "refunds", "refund", "payout", "payouts", "charge", "charges", "invoices", "invoice")(t, nil)
	}
	return false
}

// typedIn: what was typed into a field that somebody added.
func typedIn(n, t *name) bool {
	if hasWord("names", "titles", "options", "labels", "definitions", "option")(t, nil) {
		return false
	}
	own := hasWord("usermeta")(t, nil) || hasWord("custom", "additional", "extra", "user", "profile", "member", "contact", "customer", "person", "patient")(t, nil) && hasWord("field", "fields", "value", "values", "attribute", "attributes", "property", "properties", "meta", "answer", "answers", "response", "responses")(t, nil)
	asked := hasWord("answer", "answers", "response", "responses", "survey", "submission", "submissions")(t, nil)
	text := hasWord("text", "string", "meta", "free", "long", "custom", "answer", "response")(n, nil) && lastWord("value", "text", "answer", "response")(n, nil)
	return own && (text || just("value", "text")(n, nil)) || asked && text
}

// trail: what a record held before and after somebody changed it.
func trail(n, t *name) bool {
	if !hasWord("history", "histories", "audit", "audits", "log", "logs", "change", "changes", "version", "versions", "revision", "revisions", "trail", "journal", "activity", "activities")(t, nil) {
		return false
	}
	if just("payload", "details")(n, nil) {
		return hasWord("audit", "audits", "activity", "activities", "trail")(t, nil)
	}
	if just("object", "changes", "changeset", "diff", "before", "after", "delta")(n, nil) {
		return !t.any("product")
	}
	return len(n.parts) == 2 && hasWord("old", "new", "previous", "prior", "before", "after", "original", "object", "changed", "row")(n, nil) &&
		lastWord("value", "values", "val", "data", "text", "content", "changes", "fields", "record")(n, nil)
}
