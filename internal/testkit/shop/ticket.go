package shop

import "strings"

// ticket is a message of a user, or now and then of somebody who has no account.
func (g *generator) ticket(b []byte, i int64) []byte {
	r := g.rng(forTicket, i)
	user := g.anyUser(&r)
	p := g.person(forUser, user)
	b = tab(appendInt(b, i))
	if r.one(10) {
		p = g.person(forOutsider, i)
		b = tab(null(b))
	} else {
		b = tab(appendInt(b, user))
	}
	if r.one(5) {
		b = tab(null(b))
	} else {
		b = tab(appendInt(b, 1+int64(r.n(int(g.employees)))))
	}
	b = tab(p.appendFull(b))
	b = tab(p.appendEmail(b))
	if r.one(6) {
		b = tab(null(b))
	} else {
		b = tab(p.appendPhone(b, international))
	}
	b = append(b, '{')
	for n := range r.n(3) {
		if n > 0 {
			b = append(b, ',')
		}
		cc := g.person(forUser, g.anyUser(&r))
		b = cc.appendEmail(b)
	}
	b = tab(append(b, '}'))
	b = tab(g.appendMessage(b, *pick(&r, subjects), &p, user, &r))
	b = tab(g.appendMessage(b, *pick(&r, bodies), &p, user, &r))
	b = tab(append(b, *pick(&r, ticketStates)...))
	if r.one(3) {
		b = tab(null(b))
	} else {
		b = tab(append(b, *pick(&r, labels)...))
	}
	return g.appendTime(b, &r, day2025+r.n(180))
}

// appendMessage appends a text, escaped for COPY, with what it quotes put in:
// {full}, {first}, {LAST} (capitals), {name, last first}, {email}, {EMAIL}, four
// spellings of {phone}, {card}, {ip}.
func (g *generator) appendMessage(b []byte, text string, p *person, user int64, r *rng) []byte {
	var buf [640]byte
	out := buf[:0]
	for {
		before, rest, found := strings.Cut(text, "{")
		out = append(out, before...)
		if !found {
			return appendEscaped(b, out)
		}
		what, after, _ := strings.Cut(rest, "}")
		switch what {
		case "full":
			out = p.appendFull(out)
		case "first":
			out = append(out, p.first.text...)
		case "LAST":
			out = append(out, strings.ToUpper(p.last.text)...)
		case "last, first":
			out = append(append(append(out, p.last.text...), ", "...), p.first.text...)
		case "email":
			out = p.appendEmail(out)
		case "EMAIL":
			at := len(out)
			out = p.appendEmail(out)
			for i, c := range out[at:] {
				if 'a' <= c && c <= 'z' {
					out[at+i] = c - 'a' + 'A'
				}
			}
		case "phone":
			out = p.appendPhone(out, phoneStyle(r.n(int(phoneStyles))))
		case "card":
			out = g.appendCard(out, user)
		case "ip":
			out = appendIP(out, r)
		}
		text = after
	}
}

var subjects = []string{
	"Can't log in", "Charged twice", "Invoice missing", "Question about my plan", "Wrong variant shown", "Delete my account",
	"Login problem ({email})", "Re: your call, {full}", "Data export", "Feature request",
}

var bodies = []string{
	"Hi,\nthis is {full} ({email}). I was charged twice this month, please call me back on {phone}.\n\nThanks, {first}",
	"Hello, I can't log in with {email} any more. It says the address is unknown. You can reach me at {phone}.",
	"From: {full} <{email}>\nPhone: {phone}\n\nThe new checkout shows me a different price on my phone than on my laptop.",
	"My card {card} was declined three times although my bank says it's fine. {full}, {phone}",
	"Guten Tag,\nich kann mich nicht anmelden, meine Adresse ist {email}. Rückruf bitte unter {phone}.\nMit freundlichen Grüßen\n{full}",
	"Bonjour, mon compte ({EMAIL}) est bloqué depuis hier. Vous pouvez m'appeler au {phone}. Merci, {first} {LAST}",
	"Customer {last, first} called from {phone}; wants the invoices of last year sent to {email}.",
	"Please delete all my data. Name: {full}; e-mail: {email}; phone: {phone}; last login from {ip}.",
	"It just doesn't work. See https://status.bright-ab.io/incidents/4711 and order 2025-03-14/77.",
	"Two of three variants look the same to me (build 5.12.3, 1024x768). Best, {full}",
	"You promised to call {phone} on 12 March, nobody did. I'm {full}, and I've written from {email} twice.",
	"Ciao, sono {full}. Non ricevo le vostre e-mail su {email}, il mio numero è {phone}.",
}

var (
	ticketStates = []string{"open", "pending", "solved", "solved", "solved"}
	labels       = []string{"{billing}", "{login,mobile}", "{privacy}", `{"feature request"}`, "{}"}
)
