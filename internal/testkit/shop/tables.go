package shop

// tables are all tables, in no particular order: keys come after loading.
func (g *generator) tables() []table {
	metrics := g.variants * metricDays * int64(len(metricNames))
	return []table{
		{"public.countries", "code, name, currency", int64(len(countries)), true, g.country},
		{"public.teams", "id, slug, name, lead_id", g.teams, true, g.team},
		{
			"public.employees",
			"id, email, first_name, last_name, phone, title, team_id, manager_id, country_code, hired_on",
			g.employees,
			true,
			g.staff,
		},
		{
			"public.users",
			"id, email, first_name, last_name, full_name, phone, street, city, postcode, date_of_birth, company, " +
				"signup_ip, " +
				"user_agent, national_id, attributes, created_at",
			g.users,
			true,
			g.user,
		},
		{"public.sessions", "id, user_id, token, ip, user_agent, expires_at", max(g.users/4, 1), true, g.session},
		{"public.api_keys", "id, user_id, label, token, last_used_ip, created_at", max(g.users/50, 1), true, g.apiKey},
		{
			"public.experiments",
			"id, key, name, hypothesis, status, platforms, traffic, owner_id, started_at, ended_at, updated_at",
			int64(len(g.experiments)),
			true,
			g.experiment,
		},
		{"public.variants", "id, experiment_id, key, is_control, weight, payload", g.variants, true, g.variant},
		{"public.assignments", "experiment_id, user_id, variant_id, assigned_at", 4 * g.users, true, g.assignment},
		{"public.events", "id, user_id, name, ip, payload, occurred_at", 6 * g.users, true, g.event},
		{
			"public.metrics",
			"experiment_id, variant_id, day, name, value, samples, annotated_by",
			metrics,
			false,
			g.metric,
		},
		{
			"public.payments",
			"id, user_id, amount, currency, card_number, card_holder, iban, billing_country, paid_at",
			g.users,
			true,
			g.payment,
		},
		{
			"public.support_tickets",
			"id, user_id, assignee_id, requester_name, requester_email, requester_phone, cc_emails, subject, body, " +
				"status, labels, created_at",
			max(g.users/10, 1),
			true,
			g.ticket,
		},
		{
			`"Odd Schema"."Order ""Book"""`,
			`"Order No", "User", "Buyer's E-mail", "Ship.To", qty, "select"`,
			max(g.users/50, 1),
			true,
			g.order,
		},
	}
}

func (g *generator) country(b []byte, i int64) []byte { return append(b, countries[i-1]...) }

func (g *generator) team(b []byte, i int64) []byte {
	b = append(appendInt(b, i), '\t')
	b = append(append(b, slug(teamNames[i-1])...), '\t')
	b = append(append(b, teamNames[i-1]...), '\t')
	if i == g.teams { // one team looks for a lead
		return null(b)
	}
	return appendInt(b, i) // the first employees are the leads
}

func (g *generator) staff(b []byte, i int64) []byte {
	p, r := g.employee(i), g.rng(forEmployee, -i)
	b = tab(appendInt(b, i))
	b = tab(p.appendEmail(b))
	b = tab(append(b, p.first.text...))
	b = tab(append(b, p.last.text...))
	b = tab(p.appendPhone(b, international))
	b = tab(append(b, titles[min(int(i-1), r.n(len(titles)))]...))
	b = tab(appendInt(b, 1+(i-1)%g.teams))
	if i == 1 {
		b = null(b)
	} else {
		b = appendInt(b, 1+(i-2)/6) // everybody leads six
	}
	b = tab(b)
	b = tab(append(b, p.loc.country...))
	return append(b, g.days[r.n(day2025)]...)
}

func (g *generator) user(b []byte, i int64) []byte {
	p, r := g.person(forUser, i), g.rng(forUserRow, i)
	b = tab(appendInt(b, i))
	b = tab(p.appendEmail(b))
	b = tab(append(b, p.first.text...))
	b = tab(append(b, p.last.text...))
	b = tab(p.appendFull(b))
	if r.one(12) {
		b = tab(null(b))
	} else {
		b = tab(p.appendPhone(b, international))
	}
	b = tab(p.appendStreet(b))
	b = tab(append(b, p.city().name...))
	b = tab(p.appendPostcode(b))
	b = tab(p.appendBirthday(b))
	if r.one(3) {
		b = tab(append(b, *pick(&r, companies)...))
	} else {
		b = tab(null(b))
	}
	b = tab(appendIP(b, &r))
	b = tab(appendAgent(b, &r))
	if p.loc.country == "US" {
		b = tab(p.appendSSN(b))
	} else {
		b = tab(null(b))
	}
	b = tab(g.appendAttributes(b, &p, &r))
	return g.appendTime(b, &r, r.n(day2025))
}

// appendAttributes appends users.attributes. None of the values holds a quote or
// backslash, so that neither JSON nor COPY needs an escape.
func (g *generator) appendAttributes(b []byte, p *person, r *rng) []byte {
	b = append(append(b, `{"plan": "`...), *pick(r, plans)...)
	b = append(append(b, `", "tags": [`...), *pick(r, tagLists)...)
	b = append(b, `], "contact_email": "`...)
	if r.one(3) {
		other := g.person(forEmergency, p.id)
		b = other.appendEmail(b)
	} else {
		b = p.appendEmail(b)
	}
	if !r.one(4) {
		other := g.person(forEmergency, p.id)
		b = other.appendFull(append(b, `", "emergency": {"name": "`...))
		b = other.appendPhone(append(b, `", "phone": "`...), phoneStyle(r.n(int(phoneStyles))))
		b = append(b, `"}`...)
	} else {
		b = append(b, '"')
	}
	if r.one(6) {
		friend := g.person(forUser, g.anyUser(r))
		b = friend.appendFull(append(b, `, "contacts": [{"name": "`...))
		b = friend.appendEmail(append(b, `", "email": "`...))
		b = append(b, `"}]`...)
	}
	return append(b, '}')
}

func (g *generator) session(b []byte, i int64) []byte {
	r := g.rng(forSession, i)
	b = tab(appendUUID(b, &r))
	b = tab(appendInt(b, g.anyUser(&r)))
	b = tab(appendJWT(b, &r))
	b = tab(appendIP(b, &r))
	b = tab(appendAgent(b, &r))
	return g.appendTime(b, &r, lastDay)
}

func (g *generator) apiKey(b []byte, i int64) []byte {
	r := g.rng(forKey, i)
	b = tab(appendInt(b, i))
	b = tab(appendInt(b, g.anyUser(&r)))
	b = tab(append(b, *pick(&r, keyLabels)...))
	b = tab(appendBase62(append(b, "sk_live_"...), &r, 32))
	if r.one(2) {
		b = tab(appendIP(b, &r))
	} else {
		b = tab(null(b))
	}
	return g.appendTime(b, &r, day2025+r.n(150))
}

func (g *generator) payment(b []byte, i int64) []byte {
	r := g.rng(forPayment, i)
	user := g.anyUser(&r)
	p := g.person(forUser, user)
	b = tab(appendInt(b, i))
	b = tab(appendInt(b, user))
	b = append(appendInt(b, 1+int64(r.n(900))), '.')
	b = tab(appendPadded(b, 9+10*r.n(10), 2))
	currency := "EUR"
	switch p.loc.country {
	case "US":
		currency = "USD"
	case "GB":
		currency = "GBP"
	}
	b = tab(append(b, currency...))
	if p.loc.country == "US" || r.one(2) {
		b = tab(g.appendCard(b, user))
		b = tab(p.appendFull(b))
		b = tab(null(b))
	} else {
		b = tab(null(b))
		b = tab(p.appendFull(b))
		account := g.rng(forCard, -user)
		b = tab(appendIBAN(b, &account))
	}
	b = tab(append(b, p.loc.country...))
	return g.appendTime(b, &r, day2025+r.n(180))
}

func (g *generator) order(b []byte, i int64) []byte {
	r := g.rng(forOrder, i)
	user := g.anyUser(&r)
	p := g.person(forUser, user)
	b = tab(appendInt(b, 70000+i))
	if r.one(9) {
		b = tab(null(b))
	} else {
		b = tab(appendInt(b, user))
	}
	b = tab(p.appendEmail(b))
	b = tab(p.appendStreet(b))
	b = tab(appendInt(b, 1+int64(r.n(5))))
	if r.one(2) {
		return append(b, "gift wrap"...)
	}
	return null(b)
}
