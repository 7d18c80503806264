package shop

import "strings"

// locale is where a person lives: names, addresses and numbers that fit together.
type locale struct {
	country     string // ISO 3166-1
	weight      int    // share of persons, of 64
	first, last []name
	domains     []string
	cities      []city
	streets     []string
	numberFirst bool // "12 High Street", not "Hauptstraße 12"
	dial        string
	trunk       string   // prefix of a national number
	mobile      []string // area codes or mobile prefixes in use
	digits      int      // after the prefix
}

// name is a name and its spelling in an e-mail address.
type name struct{ text, slug string }

// city is a place and its postcodes: in the pattern 9 is a digit, A a letter,
// anything else itself.
type city struct{ name, postcode string }

// locales builds the tables. Domains, prefixes and postcodes are in use: what
// is made of them looks like a fact, not like a fake.
func locales() []locale { return append(mostCommon(), lessCommon()...) }

func mostCommon() []locale {
	return []locale{{
		country: "US", weight: 28, numberFirst: true, dial: "1", digits: 7,
		first: names(`James Mary Robert Patricia Michael Jennifer David Linda William Elizabeth Richard Barbara Joseph Susan Thomas
			Jessica Christopher Karen Charles Sarah Daniel Nancy Matthew Lisa Anthony Margaret Mark Sandra Donald Ashley Steven
			Kimberly Andrew Emily Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa Timothy Deborah Ronald Stephanie
			Jason Rebecca Jeffrey Laura Ryan Helen Jacob Sharon Gary Cynthia Nicholas Kathleen Eric Amy Jonathan Angela Stephen
			Shirley Larry Brenda Justin Emma Scott Anna Brandon Pamela Keisha DeShawn Guadalupe Mei-Ling Thuy Priya`),
		last: names(`Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson
			Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker
			Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter
			Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers
			Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood
			James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster O'Brien Washington`),
		domains: words(`gmail.com gmail.com gmail.com yahoo.com outlook.com hotmail.com icloud.com aol.com comcast.net`),
		cities: []city{
			{"San Francisco", "94199"}, {"New York", "10099"}, {"Chicago", "60699"}, {"Austin", "78799"},
			{"Seattle", "98199"}, {"Boston", "02199"}, {"Denver", "80299"}, {"Atlanta", "30399"},
			{"Portland", "97299"}, {"Phoenix", "85099"},
		},
		streets: list(`Valencia St|Market St|Mission St|Lexington Ave|Amsterdam Ave|Wabash Ave|Peachtree St NE|Guadalupe St|Colfax Ave|
			Burnside St|Camelback Rd|Massachusetts Ave|Pike St|Halsted St|Ponce de Leon Ave|Divisadero St|Flatbush Ave|Lamar Blvd`),
		mobile: words(`415 212 312 512 206 617 303 404 503 602 646 773 628 718`),
	}, {
		country: "GB", weight: 9, numberFirst: true, dial: "44", trunk: "0", digits: 6,
		first: names(`Oliver Amelia George Isla Harry Olivia Jack Emily Charlie Poppy Alfie Freya Oscar Ellie Rhys Siân Callum Niamh Mohammed
			Aisha Gareth Imogen Hamish Fiona Nigel Gemma Zoë`),
		last: names(`Smith Jones Taylor Brown Evans Davies Wilson Thomas Roberts Hughes Walker Wright Robinson Thompson Hughes Edwards
			Green Wood Clarke Patel Khan Begum MacDonald O'Neill Fitzgerald Llewellyn Featherstone-Haugh Ashworth Cartwright`),
		domains: words(`gmail.com gmail.com hotmail.co.uk btinternet.com yahoo.co.uk outlook.com sky.com`),
		cities: []city{
			{"London", "SW1A 9AA"}, {"London", "E9 9AA"}, {"Manchester", "M9 9AA"}, {"Edinburgh", "EH9 9AA"},
			{"Cardiff", "CF9 9AA"}, {"Leeds", "LS9 9AA"}, {"Bristol", "BS9 9AA"},
		},
		streets: list(`High Street|Church Road|Victoria Road|Deansgate|Whiteladies Road|Royal Mile|Brick Lane|Station Approach|The Headrow`),
		mobile:  words(`7400 7480 7535 7711 7811 7823 7958 7968 7488`),
	}, {
		country: "DE", weight: 9, dial: "49", trunk: "0", digits: 7,
		first: names(`Lukas Anna Maximilian Lena Jürgen Ursula Björn Käthe Wolfgang Sabine Stefan Heike Jonas Mia Felix Hannah Thorsten
			Renate Günther Jana Mehmet Ayşe Matthias Franziska`),
		last: names(`Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf
			Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Groß Yılmaz von_der_Heide`),
		domains: words(`gmx.de web.de t-online.de gmail.com gmail.com outlook.de freenet.de`),
		cities: []city{
			{"Berlin", "10999"}, {"Hamburg", "20999"}, {"München", "80999"}, {"Köln", "50999"},
			{"Frankfurt am Main", "60399"}, {"Leipzig", "04199"}, {"Düsseldorf", "40299"},
		},
		streets: list(`Hauptstraße|Karl-Marx-Straße|Schönhauser Allee|Bahnhofstraße|Ringstraße|Lindenstraße|Goethestraße|Am Mühlbach|Gartenweg`),
		mobile:  words(`151 160 170 171 172 173 175 176 179`),
	}, {
		country: "FR", weight: 6, numberFirst: true, dial: "33", trunk: "0", digits: 6,
		first: names(`Gabriel Camille Léo Jade Raphaël Chloé Jean-Pierre Élodie François Amélie Benoît Margaux Théo Inès Loïc Maëlle Karim Fatou`),
		last: names(`Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefèvre Michel García Lefebvre
			Bertrand Roux D'Angelo Bérenger Guérin Benali`),
		domains: words(`orange.fr free.fr laposte.net gmail.com hotmail.fr sfr.fr`),
		cities: []city{
			{"Paris", "75019"}, {"Lyon", "69009"}, {"Marseille", "13009"}, {"Toulouse", "31999"},
			{"Nantes", "44999"}, {"Saint-Étienne", "42999"},
		},
		streets: list(`rue de Rivoli|avenue Jean Jaurès|boulevard Voltaire|rue de la République|place Bellecour|rue Saint-Honoré|quai de la Fosse`),
		mobile:  words(`612 620 634 661 674 685 695`),
	}}
}

func lessCommon() []locale {
	return []locale{{
		country: "ES", weight: 5, dial: "34", digits: 6,
		first: names(`Antonio María Manuel Carmen José Ana Francisco Isabel Íñigo Begoña Jesús Rocío Sergio Lucía Andrés Nuria`),
		last: names(`García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Núñez
			Ibáñez Muñoz Castaño`),
		domains: words(`gmail.com hotmail.es telefonica.net outlook.es yahoo.es`),
		cities: []city{
			{"Madrid", "28099"}, {"Barcelona", "08099"}, {"Valencia", "46099"}, {"Sevilla", "41099"},
			{"Bilbao", "48099"},
		},
		streets: list(`Calle de Alcalá|Gran Vía|Avenida Diagonal|Calle Mayor|Paseo de Gracia|Calle Sierpes`),
		mobile:  words(`612 620 655 677 699 688`),
	}, {
		country: "IT", weight: 4, dial: "39", digits: 7,
		first:   names(`Giuseppe Maria Giovanni Giulia Luca Francesca Niccolò Chiara Alessandro Sofia Matteo Aurora`),
		last:    names(`Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Dell'Acqua Conti Lo_Presti`),
		domains: words(`libero.it gmail.com virgilio.it alice.it hotmail.it`),
		cities: []city{
			{"Roma", "00199"}, {"Milano", "20199"}, {"Torino", "10199"}, {"Napoli", "80199"}, {"Forlì", "47121"},
		},
		streets: list(`Via Roma|Corso Garibaldi|Via Dante Alighieri|Viale Monza|Piazza San Carlo|Via Toledo`),
		mobile:  words(`320 328 333 340 347 349 388`),
	}, {
		country: "NL", weight: 3, dial: "31", trunk: "0", digits: 6,
		first:   names(`Daan Emma Sem Sanne Lars Anouk Thijs Fleur Jan-Willem Saskia Ruben Femke`),
		last:    names(`de_Jong Jansen de_Vries van_den_Berg Bakker Dijk Visser Smit Meijer Mulder Bos Vos Peters Hendriks Dekker`),
		domains: words(`ziggo.nl gmail.com kpnmail.nl hotmail.nl xs4all.nl`),
		cities: []city{
			{"Amsterdam", "1019 AA"}, {"Rotterdam", "3019 AA"}, {"Utrecht", "3519 AA"}, {"Groningen", "9719 AA"},
			{"'s-Hertogenbosch", "5219 AA"},
		},
		streets: list(`Prinsengracht|Keizersgracht|Kalverstraat|Coolsingel|Oudegracht|Nieuwe Ebbingestraat`),
		mobile:  words(`612 620 624 641 653`),
	}}
}

func words(s string) []string { return strings.Fields(s) }

func list(s string) []string {
	parts := strings.Split(s, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// names reads words; _ is a space within one.
func names(s string) []name {
	var out []name
	for _, w := range words(s) {
		text := strings.ReplaceAll(w, "_", " ")
		out = append(out, name{text, slug(text)})
	}
	return out
}

// slug spells a name in ASCII, as people do in their addresses.
func slug(s string) string {
	return folder.Replace(strings.ToLower(s))
}

var folder = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "â", "a", "é", "e", "è", "e", "ë", "e",
	"î", "i", "ï", "i", "í", "i", "ì", "i", "ı", "i", "ç", "c", "ñ", "n", "ó", "o", "ò", "o", "ú", "u", "á", "a", "à",
	"a", "ş", "s", "'", "", "-", "", " ", "")
