package prose

import (
	"strings"
	"sync"

	"refresher/internal/pii/fake"
	"refresher/internal/pii/fold"
)

// What a word of a name can be.
const (
	givenName = 1 << iota
	familyName
	title    // stands before a surname
	particle // stands within a surname
)

// dictionary holds common names by their folded form: the given names of all
// locales of fakes and short forms of them, and the surnames that most people of
// their countries bear. It is not a list of persons.
var dictionary = sync.OnceValue(func() map[string]uint8 {
	d := map[string]uint8{}
	add := func(kind uint8, words string) {
		for _, w := range strings.Fields(words) {
			d[string(fold.AppendWords(nil, []byte(w)))] |= kind
		}
	}
	for _, code := range fake.LocaleNames() {
		if code == "ja" {
			continue // written without capitals or spaces
		}
		add(givenName, strings.Join(fake.LocaleOf(code).GivenNames(), " "))
	}
	add(givenName, shortNames)
	add(familyName, surnames)
	add(title, "Mr Mrs Ms Miss Mx Dr Prof Sir Madam Herr Herrn Frau Monsieur Madame Mme Mlle Señor Señora Sr Sra Don Doña Pan Pani Signor Signora")
	add(particle, "von van de der den del della di da la le du dos das ten ter zu zum zur y e")
	return d
})

const shortNames = `Abby Al Alex Alexa Amit Andy Angie Ashley Becky Bert Betty Bill Billy Bob Bobby Brad Brandon Bruce Bryan Cathy Chad Charlie Chris Christina
	Christopher Chuck Cindy Craig Crystal Dan Dana Danielle Danny Darren Dave Dawn Dean Debbie Derek Donald Donna Doug Dustin Ed Eddie Erin Fred Gary Greg
	Gregory Hans-Peter Holly Jackie Jake Jamie Jeff Jeffrey Jenny Jerry Jesse Jill Jim Jimmy Jo Jody Joe Joey Johnny Jon Jordan Josh Juan-Carlos Justin
	Kathleen Kathy Katie Kelly Ken Kim Kimberly Kristen Kyle Larry Lee Lena Leslie Liz Logan Lori Lynn Marilyn Matt Melanie Melissa Meredith Mia Mike
	Mohamed Mohammed Muhammad Nancy Nate Nick Pam Pat Pete Phil Priya Raj Randy Ray Rick Ricky Rob Ron Ronald Russell Ryan Sam Samantha Scott Sean
	Shannon Sharon Shirley Stacy Stephanie Steve Steven Sue Ted Tim Tina Todd Tom Tommy Tony Tracy Travis Trevor Tyler Vincent Wayne Will Zach
	Giuseppe Giovanni Giulia Luca Francesca Chiara Alessandro Matteo Marco Paolo Stefano Andrea Lars Sven Daan Sanne Jeroen Femke Mehmet Ayşe Ali Hassan
	Ahmed Fatma Yusuf Ivan Dmitri Natasha Olga Sergei Wei Ming Hiroshi Yuki Jean-Pierre Jean-Luc Marie-Claire Anna-Maria`

const surnames = `Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Gonzales Wilson Anderson Thomas Taylor Moore
	Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green
	Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales
	Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett
	Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler
	Henderson Barnes Fisher Vasquez Simmons Graham Murray Ford Castro Marshall Owens Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry
	Freeman Webb Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner
	Black Robertson Boyd Stone Salazar Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne Grant Dunn
	Kelley Spencer Hawkins Arnold Pierce Hansen Peters Santos Hart Bradley Knight Elliott Cunningham Duncan Armstrong Hudson Carroll Lane Riley Andrews
	Alvarado Ray Delgado Berry Perkins Hoffman Johnston Matthews Pena Richards Contreras Willis Carpenter Lawrence Sandoval O'Brien O'Connor O'Neill Khan
	Begum Ahmed Ali Singh Kaur Shah Davies Clarke Llewellyn MacDonald Fitzgerald
	Müller Schneider Fischer Weber Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann
	Hartmann Lange Schmitt Werner Krause Meier Maier Lehmann Schmid Schulze Köhler Herrmann Walter König Mayer Huber Kaiser Fuchs Lang Scholz Möller Weiß
	Jung Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus
	Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas Schreiber Graf Dietrich Ziegler Kuhn Engel Pohl Horn Busch Bergmann
	Voigt Sauer Wolff Pfeiffer Yılmaz
	Bernard Dubois Robert Richard Petit Durand Leroy Moreau Laurent Lefebvre Lefèvre Michel Bertrand Roux Vincent Fournier Morel Girard André Mercier
	Dupont Lambert Bonnet François Legrand Garnier Faure Rousseau Blanc Guérin Boyer Chevalier Lemaire Duval Dumas Renaud Benali
	García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez
	Navarro Domínguez Vázquez Gil Ramírez Serrano Blanco Molina Suárez Ortega Rubio Marín Sanz Núñez Iglesias Medina Garrido Cortés Lozano Guerrero Cano
	Prieto Méndez Calvo Gallego Vidal León Márquez Herrera Peña Cabrera Campos Vega Fuentes Arellano Ibáñez
	Nowak Kowalski Kowalska Wiśniewski Wiśniewska Wójcik Kowalczyk Kamiński Kamińska Lewandowski Lewandowska Zieliński Zielińska Szymański Szymańska Woźniak
	Dąbrowski Dąbrowska Kozłowski Kozłowska Jankowski Jankowska Mazur Wojciechowski Kwiatkowski Kwiatkowska Krawczyk Kaczmarek Piotrowski Grabowski Pawłowski
	Michalski Król Wieczorek Jabłoński Wróbel Nowakowski Majewski Olszewski Stępień Malinowski Jaworski Adamczyk Dudek Nowicki Pawlak Górski
	Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Conti Jong Jansen Vries Berg Bakker Dijk Visser Smit Meijer Mulder Bos Vos
	Hendriks Dekker Larsen Hansen Nielsen Jensen Andersson Johansson Karlsson Ivanov Petrov Sato Suzuki Takahashi Tanaka Watanabe Yamamoto Nakamura Chen Wang
	Zhang Liu Yang Huang Zhao Wu Zhou Tran Pham Park Choi`
