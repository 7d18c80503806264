package shop

// countries are rows of the lookup table, in COPY's text format.
var countries = []string{
	"AT\tAustria\tEUR", "AU\tAustralia\tAUD", "BE\tBelgium\tEUR", "BR\tBrazil\tBRL", "CA\tCanada\tCAD", "CH\tSwitzerland\tCHF",
	"CZ\tCzechia\tCZK", "DE\tGermany\tEUR", "DK\tDenmark\tDKK", "ES\tSpain\tEUR", "FI\tFinland\tEUR", "FR\tFrance\tEUR",
	"GB\tUnited Kingdom\tGBP", "GR\tGreece\tEUR", "IE\tIreland\tEUR", "IN\tIndia\tINR", "IT\tItaly\tEUR", "JP\tJapan\tJPY",
	"MX\tMexico\tMXN", "NL\tNetherlands\tEUR", "NO\tNorway\tNOK", "NZ\tNew Zealand\tNZD", "PL\tPoland\tPLN", "PT\tPortugal\tEUR",
	"SE\tSweden\tSEK", "SG\tSingapore\tSGD", "TR\tTürkiye\tTRY", "US\tUnited States\tUSD", "ZA\tSouth Africa\tZAR",
}

var teamNames = []string{
	"Growth", "Checkout", "Search", "Onboarding", "Pricing", "Retention", "Mobile", "Data Platform", "Payments", "Trust", "Design Systems",
	"Messaging", "Ads", "Recommendations", "Infrastructure", "Support Tools", "Partnerships", "Localisation", "Analytics", "Editor",
}

// titles begin with the founders'.
var titles = []string{
	"Chief Executive", "Head of Product", "Head of Engineering", "Engineering Manager", "Product Manager", "Staff Engineer",
	"Software Engineer", "Data Scientist", "Designer", "Support Agent",
}

var companies = []string{
	"Kroger", "Lowe's", "Deere & Company", "Whirlpool", "Zalando SE", "Deutsche Bahn AG", "Rewe Group", "Trumpf GmbH + Co. KG", "Otto GmbH",
	"Carrefour", "Decathlon", "Société Générale", "Orange S.A.", "Tesco", "Marks & Spencer", "Octopus Energy", "Monzo Bank", "Telefónica",
	"Mercadona", "Inditex", "Barilla", "Luxottica", "Coolblue", "Albert Heijn", "Picnic", "Shopify", "Etsy", "Instacart", "Wayfair", "Chewy",
}

var (
	plans       = []string{"free", "free", "free", "pro", "pro", "team", "enterprise"}
	tagLists    = []string{``, `"beta"`, `"beta", "eu"`, `"churn-risk"`, `"vip", "beta", "eu"`, `"newsletter"`}
	keyLabels   = []string{"production", "staging", "ci", "laptop", "warehouse export"}
	platforms   = []string{"web", "web,ios", "ios,android", "web,ios,android", "email", ""}
	shares      = []string{"1.0000", "0.5000", "0.2000", "0.1000", "0.0500"}
	variantKeys = []string{"control", "treatment-a", "treatment-b", "treatment-c"}
	copies      = []string{"Try it free", "Start now", "Continue", "Get my plan", "See prices"}
)

var areas = []string{"pricing", "checkout", "signup", "search", "home", "settings", "invite", "cart"}

var changes = []struct{ key, name, why string }{
	{"short-form", "Shorter form", "ask for less"},
	{"green-button", "Green button", "make the next step easier to see"},
	{"annual-first", "Annual price first", "show the annual price first"},
	{"no-modal", "No modal", "stop interrupting"},
	{"social-proof", "Social proof", "show how many others chose it"},
	{"lazy-images", "Lazy images", "load faster"},
	{"guest-mode", "Guest mode", "let visitors go on without an account"},
}

var eventKinds = []struct{ name, path string }{
	{
		"page_view",
		"/",
	}, {"page_view", "/pricing"}, {"page_view", "/docs/getting-started"}, {"page_view", "/checkout"}, {"search", "/search"},
	{
		"exposure",
		"/pricing",
	}, {"exposure", "/checkout"}, {"signup_started", "/signup"}, {"purchase", "/checkout/done"}, {"invite_sent", "/settings/team"},
}
