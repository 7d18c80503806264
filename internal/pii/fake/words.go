package fake

import (
	"strings"
	"sync"
)

// The words are this package's own. Given names are common ones, which identify
// nobody; surnames, towns, streets and firms are composed of a stem and an
// ending. No word of the large public lists of surnames, towns and English words that
// testdata/facts.md names begins with a stem, so nothing that is composed is a fact.

var stems = [...]string{
	"Glirbow", "Wreffen", "Wrirvel", "Crimbow", "Drastow", "Glepper", "Twedlow", "Trarkel",
	"Slalval", "Gluzzel", "Brirvon", "Tembock", "Devrow", "Quorlal", "Gridlow", "Skorkim",
	"Storlon", "Frudlen", "Yuppon", "Quondim", "Drenkal", "Swiggen", "Brirner", "Grerlin",
	"Fladlel", "Flostim", "Yolvim", "Skarkin", "Dradlel", "Skoston", "Gristel", "Skevron",
	"Filnock", "Frarvel", "Perbow", "Slolver", "Whirvon", "Yevrin", "Twolmer", "Gulmim",
	"Prudlon", "Gervow", "Swirval", "Smendim", "Lorlim", "Jeldin", "Flirben", "Hedlow",
	"Plalvow", "Varvon", "Jestow", "Jolmel", "Frorkin", "Vombin", "Yibbow", "Wrelven",
	"Nezzon", "Milnon", "Galver", "Spelnel", "Yurkim", "Folvon", "Huckon", "Smurben",
}

var surnameEndings = [...]string{
	"wick", "moor", "mere", "holt", "stead", "combe", "garth", "haven", "shaw",
	"thwaite", "croft", "worth", "ridge", "brook", "fell", "marsh", "leigh", "dene",
	"hythe", "bourne", "lund", "beck", "wold", "quay", "lock", "vane", "stow", "gale",
	"hurst", "cliffe", "grove", "reach", "tarn", "mead", "spire", "weir",
}

var cityEndings = [...]string{
	"bury", "ford", "port", "minster", "bridge", "mouth", "chester", "ville",
	"gate", "bay", "cross", "market", "pool", "dale", "heath", "sands",
}

var streetKinds = [...]string{
	"Street", "Lane", "Road", "Avenue", "Drive", "Close", "Court", "Way",
	"Terrace", "Place", "Crescent", "Square",
}

var companyTrades = [...]string{
	"Logistics", "Systems", "Foods", "Textiles", "Robotics", "Analytics", "Energy",
	"Instruments", "Publishing", "Ceramics", "Software", "Shipping", "Optics",
	"Gardens", "Furniture", "Insurance", "Brewing", "Travel", "Biotech", "Media",
	"Engineering", "Studios", "Packaging", "Consulting",
}

var companyForms = [...]string{"Ltd", "Inc", "LLC", "Group", "Partners", "Co"}

var firstNames = [...]string{
	"Aaron", "Abigail", "Ada", "Adam", "Adele", "Agnes", "Aisha", "Alan", "Albert", "Alice",
	"Alicia", "Alma", "Amanda", "Amber", "Amelia", "Amir", "Amy", "Ana", "Andrea", "Andrew",
	"Angela", "Anita", "Anna", "Anne", "Anthony", "Anton", "Antonia", "April", "Arthur", "Astrid",
	"Audrey", "August", "Aurora", "Barbara", "Beatrice", "Ben", "Benjamin", "Bernard", "Beth", "Bianca",
	"Boris", "Brenda", "Brian", "Bridget", "Bruno", "Caleb", "Camille", "Carl", "Carla", "Carlos",
	"Carmen", "Carol", "Caroline", "Casper", "Cecilia", "Celia", "Charles", "Charlotte", "Chloe", "Christian",
	"Christine", "Clara", "Claire", "Claudia", "Clement", "Colin", "Conrad", "Cora", "Cyril", "Daisy",
	"Damian", "Daniel", "Daphne", "David", "Deborah", "Delia", "Dennis", "Diana", "Diego", "Dominic",
	"Dora", "Doris", "Dorothy", "Douglas", "Duncan", "Dylan", "Edith", "Edmund", "Edward", "Edwin",
	"Eileen", "Elaine", "Eleanor", "Elena", "Eli", "Elias", "Elise", "Eliza", "Elizabeth", "Ella",
	"Ellen", "Elliot", "Elsa", "Emil", "Emilia", "Emily", "Emma", "Eric", "Erica", "Ernest",
	"Esther", "Ethan", "Eugene", "Eva", "Evelyn", "Fabian", "Fatima", "Felicity", "Felix", "Fiona",
	"Flora", "Florence", "Frances", "Francis", "Frank", "Freda", "Frederick", "Gabriel", "Gemma", "George",
	"Georgia", "Gerald", "Gilbert", "Gloria", "Gordon", "Grace", "Graham", "Greta", "Gustav", "Hanna",
	"Harold", "Harriet", "Harry", "Hazel", "Heather", "Hector", "Helen", "Helena", "Henry", "Herbert",
	"Hilda", "Hugh", "Hugo", "Ian", "Ida", "Ingrid", "Irene", "Iris", "Isaac", "Isabel",
	"Ivan", "Ivy", "Jack", "Jacob", "James", "Jane", "Janet", "Jasmine", "Jason", "Jean",
	"Jennifer", "Jeremy", "Jessica", "Joan", "Joanna", "Joel", "John", "Jonas", "Jonathan", "Joseph",
	"Josephine", "Joshua", "Joyce", "Judith", "Julia", "Julian", "Juliet", "Karen", "Karl", "Kate",
	"Katherine", "Keith", "Kenneth", "Kevin", "Klara", "Laura", "Lauren", "Lawrence", "Lea", "Leah",
	"Leo", "Leon", "Leonard", "Lewis", "Liam", "Lidia", "Lilian", "Lily", "Linda", "Lisa",
	"Lorenzo", "Louis", "Louise", "Lucas", "Lucia", "Lucy", "Luis", "Luke", "Lydia", "Mabel",
	"Magnus", "Malcolm", "Manuel", "Marcus", "Margaret", "Maria", "Marian", "Marie", "Marina", "Mario",
	"Marion", "Mark", "Martha", "Martin", "Mary", "Matilda", "Matthew", "Maud", "Maurice", "Max",
	"Maya", "Megan", "Michael", "Michelle", "Mildred", "Miles", "Mina", "Miriam", "Monica", "Nadia",
	"Naomi", "Natalie", "Nathan", "Neil", "Nicholas", "Nicole", "Nina", "Noah", "Nora", "Norman",
	"Olga", "Oliver", "Olivia", "Omar", "Oscar", "Otto", "Pamela", "Patricia", "Patrick", "Paul",
	"Paula", "Pauline", "Penelope", "Peter", "Petra", "Philip", "Phoebe", "Rachel", "Ralph", "Raymond",
	"Rebecca", "Renata", "Richard", "Rita", "Robert", "Robin", "Roger", "Roland", "Rosa", "Rosalind",
	"Rose", "Rosemary", "Rufus", "Rupert", "Ruth", "Sabine", "Samuel", "Sandra", "Sarah", "Sebastian",
	"Selma", "Serena", "Sheila", "Silvia", "Simon", "Sofia", "Sonia", "Stella", "Stephen", "Susan",
	"Sylvia", "Tamara", "Teresa", "Theodore", "Thomas", "Timothy", "Tobias", "Ursula", "Valerie", "Vera",
	"Victor", "Victoria", "Viola", "Violet", "Virginia", "Vivian", "Walter", "Wanda", "Wendy", "William",
	"Winifred", "Xavier", "Yvonne", "Zoe",
}

// Longest words, in bytes (all are ASCII).
var (
	maxFirst   = longest(firstNames[:])
	maxStem    = longest(stems[:])
	maxSurname = maxStem + longest(surnameEndings[:])
)

var stemSet = sync.OnceValue(func() map[string]bool { return set(stems[:]) })

// firstTexts are the given names of all locales in lower case; firstSlugs as addresses spell them.
var (
	firstTexts = sync.OnceValue(func() map[string]bool {
		return wordSet(func(n name) string { return strings.ToLower(n.text) })
	})
	firstSlugs = sync.OnceValue(func() map[string]bool { return wordSet(func(n name) string { return n.slug }) })
)

func wordSet(of func(name) string) map[string]bool {
	m := map[string]bool{}
	for _, l := range locales() {
		for _, n := range l.any {
			m[of(n)] = true
		}
	}
	return m
}

func longest(words []string) int {
	n := 0
	for _, w := range words {
		n = max(n, len(w))
	}
	return n
}

// set has the words in lower case.
func set(words []string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[string(lower(make([]byte, len(w)), []byte(w)))] = true
	}
	return m
}

// composed reports whether word, in lower case, is a stem with one of the endings.
func composed(word []byte, endings []string) bool {
	for _, e := range endings {
		n := len(word) - len(e)
		if n > 0 && string(word[n:]) == e && stemSet()[string(word[:n])] {
			return true
		}
	}
	return false
}
