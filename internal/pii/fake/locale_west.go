package fake

import "slices"

func english() *Locale {
	plain := func(words []string) []name {
		list := make([]name, len(words))
		for i, w := range words {
			list[i] = name{w, string(lower(make([]byte, len(w)), []byte(w)))}
		}
		return list
	}
	l := &Locale{name: "en", english: true, any: plain(firstNames[:]), stems: plain(stems[:]), endings: plain(surnameEndings[:])}
	for _, n := range l.any {
		either := slices.Contains(eitherNames[:], n.text)
		if woman := slices.Contains(womensNames[:], n.text); woman || either {
			l.female = append(l.female, n)
		}
		if !slices.Contains(womensNames[:], n.text) {
			l.male = append(l.male, n)
		}
	}
	return l
}

// eitherNames are those of firstNames that men and women bear.
var eitherNames = [...]string{"Jean", "Marion", "Robin", "Vivian"}

// womensNames are those of firstNames that women bear.
var womensNames = [...]string{
	"Abigail", "Ada", "Adele", "Agnes", "Aisha", "Alice", "Alicia", "Alma", "Amanda", "Amber", "Amelia", "Amy", "Ana", "Andrea",
	"Angela", "Anita", "Anna", "Anne", "Antonia", "April", "Astrid", "Audrey", "Aurora", "Barbara", "Beatrice", "Beth", "Bianca",
	"Brenda", "Bridget", "Camille", "Carla", "Carmen", "Carol", "Caroline", "Cecilia", "Celia", "Charlotte", "Chloe", "Christine",
	"Clara", "Claire", "Claudia", "Cora", "Daisy", "Daphne", "Deborah", "Delia", "Diana", "Dora", "Doris", "Dorothy", "Edith",
	"Eileen", "Elaine", "Eleanor", "Elena", "Elise", "Eliza", "Elizabeth", "Ella", "Ellen", "Elsa", "Emilia", "Emily", "Emma",
	"Erica", "Esther", "Eva", "Evelyn", "Fatima", "Felicity", "Fiona", "Flora", "Florence", "Frances", "Freda", "Gemma", "Georgia",
	"Gloria", "Grace", "Greta", "Hanna", "Harriet", "Hazel", "Heather", "Helen", "Helena", "Hilda", "Ida", "Ingrid", "Irene", "Iris",
	"Isabel", "Ivy", "Jane", "Janet", "Jasmine", "Jennifer", "Jessica", "Joan", "Joanna", "Josephine", "Joyce", "Judith", "Julia",
	"Juliet", "Karen", "Kate", "Katherine", "Klara", "Laura", "Lauren", "Lea", "Leah", "Lidia", "Lilian", "Lily", "Linda", "Lisa",
	"Louise", "Lucia", "Lucy", "Lydia", "Mabel", "Margaret", "Maria", "Marian", "Marie", "Marina", "Martha", "Mary", "Matilda", "Maud",
	"Maya", "Megan", "Michelle", "Mildred", "Mina", "Miriam", "Monica", "Nadia", "Naomi", "Natalie", "Nicole", "Nina", "Nora", "Olga",
	"Olivia", "Pamela", "Patricia", "Paula", "Pauline", "Penelope", "Petra", "Phoebe", "Rachel", "Rebecca", "Renata", "Rita", "Rosa",
	"Rosalind", "Rose", "Rosemary", "Ruth", "Sabine", "Sandra", "Sarah", "Selma", "Serena", "Sheila", "Silvia", "Sofia", "Sonia",
	"Stella", "Susan", "Sylvia", "Tamara", "Teresa", "Ursula", "Valerie", "Vera", "Victoria", "Viola", "Violet", "Virginia", "Wanda",
	"Wendy", "Winifred", "Yvonne", "Zoe",
}

func german() *Locale {
	l := &Locale{
		name: "de",
		male: names(`Alexander Andreas Anton Bastian Benedikt Bernd Bernhard Björn Christian Christoph Daniel David Dennis Dieter Dirk Elias
			Erik Fabian Felix Florian Frank Friedrich Georg Gerhard Günter Hannes Hans Heinrich Helmut Henrik Jakob Jan Jens Jochen Johannes
			Jonas Jörg Jürgen Karl Kilian Klaus Konstantin Lars Leon Leonhard Ludwig Lukas Manfred Markus Martin Matthias Max Michael Moritz
			Niklas Oliver Oskar Paul Peter Philipp Rainer Ralf Robert Rolf Sebastian Simon Stefan Sven Thomas Thorsten Tim Tobias Uwe Volker
			Werner Wolfgang`),
		female: names(`Alexandra Amelie Andrea Angelika Anja Anke Anna Annette Antje Barbara Beate Birgit Brigitte Carola Charlotte Christa
			Claudia Clara Daniela Elisabeth Emma Esther Eva Franziska Friederike Gabriele Gisela Greta Hannah Heike Helga Ida Ines Ingrid Jana
			Johanna Julia Jutta Karin Katharina Katrin Kerstin Klara Lara Laura Lea Lena Leonie Lina Luisa Magdalena Maja Margarete Maria Marie
			Marlene Martina Mia Monika Nadine Nele Nicole Nina Petra Renate Sabine Sandra Sarah Silke Sophie Stefanie Susanne Svenja Tanja
			Theresa Ulrike Ursula Ute Verena`),
		stems: names(`Ahlmer Arndrel Bolmen Braskel Dornquel Dräusel Elmsel Fendrel Firlen Gandrel Grolmen Hirskel Hölmpf Ilzmer Jolmer
			Krendel Kulmsel Lindrel Lömbrel Morskel Möskel Nirlen Nöldel Orlefs Plunkel Quendrel Rasmel Schwirlen Trolmen Uhlfen Vellmer
			Wörskel Zwelmen`),
		endings: names(`brink wirth stetter dorfer huber meier reuter schmied felder gruber kötter bauer thaler steiner hauer moser`),
		cities:  affixes("*burg", "*heim", "*stadt", "*tal", "*bach", "*hausen", "Bad *au", "*furt"),
		streets: affixes("*straße", "*weg", "*allee", "*gasse", "*ring", "*platz", "*ufer", "*steig"),
		// Leitregionen that Deutsche Post has not given out.
		postcodes: []string{"43ddd", "62ddd"},
	}
	return l.complete()
}

func french() *Locale {
	l := &Locale{
		name: "fr", numberFirst: true,
		male: names(`Adrien Alain Alexandre Alexis André Antoine Arnaud Arthur Augustin Baptiste Benjamin Benoît Bernard Bruno Cédric Charles
			Christophe Clément Cyril Damien Daniel David Denis Didier Édouard Émile Éric Étienne Fabien Florian Francis François Frédéric Gabriel
			Gaspard Gérard Gilles Grégoire Guillaume Guy Henri Hugo Jacques Jérôme Joël Jules Julien Laurent Léo Loïc Louis Luc Lucas Marc Martin
			Mathieu Maxime Michel Nathan Nicolas Noël Olivier Pascal Patrick Paul Philippe Pierre Quentin Raphaël Rémi René Robin Romain
			Samuel Sébastien Simon Stéphane Théo Thierry Thomas Tristan Valentin Victor Vincent Xavier Yann Yves`),
		female: names(`Adèle Agathe Agnès Alice Aline Amandine Amélie Anaïs Anne Annie Audrey Aurélie Béatrice Bénédicte Brigitte Camille Capucine
			Carole Caroline Catherine Cécile Céline Chantal Charlotte Chloé Christelle Christine Claire Clara Clémence Colette Corinne Delphine
			Denise Diane Élise Élodie Émilie Emma Estelle Eugénie Florence Françoise Gabrielle Geneviève Hélène Inès Irène Isabelle Jade Jeanne
			Joséphine Julie Juliette Laetitia Laure Léa Louise Lucie Madeleine Manon Margaux Marguerite Marie Marion Martine Mathilde Mélanie
			Monique Nathalie Nicole Océane Odile Pauline Sandrine Sophie Suzanne Sylvie Valérie Véronique Virginie Zoé`),
		stems: names(`Aubrév Brévoul Caldrev Clauvér Dramp Drouvel Escaul Fauvrel Flarmon Grélun Guivrel Hautrém Jolvin Korvaul Lanvrel Mélvan
			Navrol Orvélan Palvrin Prédaul Quélvin Rauvrel Séravou Tauvrel Trélan Urvol Vaudrul Yvrélan Zéphrol`),
		endings:   names(`aumont elais ontier ouville ardier ermont eroux ombel aillard icourt andreau ellier oisneau erval`),
		cities:    affixes("*ville", "*bourg", "*mont", "Saint-*", "*-les-Bains", "*-sur-Orvel", "*ac", "Mont-*"),
		streets:   affixes("rue *", "avenue *", "boulevard *", "chemin *", "place *", "impasse *", "allée *", "quai *"),
		postcodes: []string{"96ddd"}, // no department has this number
	}
	return l.complete()
}

func spanish() *Locale {
	l := &Locale{
		name: "es",
		male: names(`Adrián Agustín Alberto Alejandro Alfonso Alfredo Álvaro Andrés Ángel Antonio Arturo Benito Bruno Carlos César Cristian Daniel
			David Diego Eduardo Emilio Enrique Ernesto Esteban Felipe Fermín Fernando Francisco Gabriel Gonzalo Guillermo Gustavo Héctor Hugo
			Ignacio Iker Isidro Iván Jaime Javier Jesús Joaquín Jordi Jorge José Juan Julián Julio Leandro Lorenzo Lucas Luis Manuel Marcos
			Mariano Mario Martín Mateo Miguel Nicolás Óscar Pablo Pedro Rafael Ramón Raúl Ricardo Roberto Rodrigo Rubén Salvador Samuel Santiago
			Sergio Tomás Vicente Víctor Xavier`),
		female: names(`Adela Adriana Alba Alejandra Alicia Amparo Ana Andrea Ángela Antonia Aurora Beatriz Begoña Belén Blanca Carla Carlota
			Carmen Carolina Catalina Cecilia Clara Claudia Concepción Consuelo Cristina Daniela Dolores Elena Elisa Elvira Emma Encarnación
			Esperanza Esther Eugenia Eva Fátima Gloria Inés Irene Isabel Josefa Juana Julia Laura Leonor Lidia Lola Lorena Lourdes Lucía Luisa
			Manuela Margarita María Mariana Marina Marta Mercedes Miriam Mónica Montserrat Natalia Nerea Noelia Nuria Olga Paloma Patricia Paula
			Pilar Raquel Rocío Rosa Rosario Sandra Sara Silvia Sofía Sonia Susana Teresa Valentina Verónica Victoria Yolanda`),
		stems: names(`Alvurd Belmirl Brisald Cordelm Durvel Espirl Falmerd Gurvel Herdurl Izmord Jalbrel Lorbel Mirvand Nalvard Ordrel Peltrand
			Quirvel Rolmad Salvrel Turmand Urbeld Valdrel Yelmar Zarvel Drusel Frendal`),
		endings:   names(`illano arena uerta andía oreta ecillas ovenga arral iguera onzal abrona edilla ázquiz ermúz`),
		cities:    affixes("Villa de *", "*ejos", "*uelos", "*anedo", "Torre *", "San *", "*osa", "Puebla de *"),
		streets:   affixes("Calle *", "Avenida *", "Paseo *", "Plaza *", "Travesía *", "Ronda *", "Camino *"),
		postcodes: []string{"53ddd", "54ddd", "57ddd", "61ddd", "66ddd", "73ddd", "78ddd", "84ddd", "91ddd"}, // provinces end at 52
	}
	return l.complete()
}

// complete fills in what follows from the lists.
func (l *Locale) complete() *Locale {
	l.any = slices.Concat(l.male, l.female)
	return l
}
