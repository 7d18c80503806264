package fake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"refresher/internal/pii"
)

// localGenerators are those of all locales.
func localGenerators() []generator {
	var list []generator
	for _, code := range LocaleNames() {
		l := LocaleOf(code)
		who := func(gen func([]byte, *Digest, Gender) []byte) func([]byte, *Digest) []byte {
			return func(b []byte, d *Digest) []byte { return gen(b, d, Gender(d[0]%3)) }
		}
		email := EmailForm{Names: true, Hash: MinHash, Locale: l}
		surname := EmailForm{Names: true, Surname: true, Hash: MinHash, Locale: l}
		user := UsernameForm{First: true, Surname: true, Hash: MinUserHash, Locale: l}
		postcodes := min(5000, len(l.postcodes)*900)
		if code == "en" {
			postcodes = 5000
		}
		list = append(list, []generator{
			{"first name", pii.FirstName, l.MaxFirstName(), 70, who(l.AppendFirstName)},
			{"last name", pii.LastName, l.MaxLastName(), 300, l.AppendLastName},
			{"full name", pii.FullName, l.MaxFullName(), 9000, who(l.AppendFullName)},
			{"street", pii.Street, l.MaxStreet(), 12000, l.AppendStreet},
			{"city", pii.City, l.MaxCity(), 190, l.AppendCity},
			{"postcode", pii.Postcode, l.MaxPostcode(), postcodes, l.AppendPostcode},
			{"email", pii.Email, email.MaxLen(), 20000, func(b []byte, d *Digest) []byte { return AppendEmail(b, d, email) }},
			{"email by surname", pii.Email, surname.MaxLen(), 20000, func(b []byte, d *Digest) []byte { return AppendEmail(b, d, surname) }},
			{"username", pii.Username, user.MaxLen(), 19000, func(b []byte, d *Digest) []byte { return AppendUsername(b, d, user) }},
			{"phone", pii.Phone, l.Phone().MaxLen(), 4800, func(b []byte, d *Digest) []byte { return AppendPhone(b, d, l.Phone()) }},
		}...)
		for i := len(list) - 10; i < len(list); i++ {
			list[i].name = code + " " + list[i].name
		}
	}
	return list
}

// What a person would read; `go test -v` shows it.
func TestLocalesRead(t *testing.T) {
	for _, code := range LocaleNames() {
		l := LocaleOf(code)
		for i := range 4 {
			d := digest(i)
			g := Male + Gender(i%2)
			t.Logf("%s: %s, %s, %s %s, %s %s", code, l.AppendFullName(nil, d, g), l.AppendStreet(nil, d), l.AppendPostcode(nil, d), l.AppendCity(nil, d),
				AppendPhone(nil, d, l.Phone()), AppendEmailOf(nil, d, g, d, EmailForm{Names: true, Hash: MinHash, Locale: l}))
		}
	}
}

// The English of the locale is that of the functions without one.
func TestEnglishIsTheDefault(t *testing.T) {
	l := English()
	for i := range 1000 {
		d := digest(i)
		for _, pair := range [][2][]byte{
			{AppendFullName(nil, d), l.AppendFullName(nil, d, AnyGender)}, {AppendStreet(nil, d), l.AppendStreet(nil, d)},
			{AppendCity(nil, d), l.AppendCity(nil, d)}, {AppendPostcode(nil, d), l.AppendPostcode(nil, d)},
			{AppendEmail(nil, d, EmailForm{Names: true, Hash: 16}), AppendEmail(nil, d, EmailForm{Names: true, Hash: 16, Locale: l})},
		} {
			if string(pair[0]) != string(pair[1]) {
				t.Fatalf("%q, %q", pair[0], pair[1])
			}
		}
	}
}

// An address and a login name spell the very name that the digest draws.
func TestSlugsSpellTheName(t *testing.T) {
	for _, code := range LocaleNames() {
		l := LocaleOf(code)
		for i := range 2000 {
			d, g := digest(i), Gender(i%3)
			want := ""
			stem, ending := l.last(d)
			if code != "ja" {
				want = slugs().Replace(strings.ToLower(string(l.AppendFirstName(nil, d, g)) + "." + string(l.AppendLastName(nil, d))))
			} else {
				want = l.first(d, g).slug + "." + stem.slug + ending.slug
			}
			email := string(AppendEmailOf(nil, d, g, digest(i+1), EmailForm{Names: true, Hash: MinHash, Locale: l}))
			user := string(AppendUsernameOf(nil, d, g, digest(i+1), UsernameForm{First: true, Surname: true, Hash: MinHash, Locale: l}))
			if !strings.HasPrefix(email, want+".") || !strings.HasPrefix(user, want+".") || strings.Trim(email, "abcdefghijklmnopqrstuvwxyz234567.@") != "" {
				t.Fatalf("%s: %q, %q, want %q", code, email, user, want)
			}
			if _, own, _ := strings.Cut(email, want); own != "" && strings.HasPrefix(own[1:], string(appendBase32(nil, d, MinHash))) {
				t.Fatal("the hash is the name's, not the value's")
			}
		}
	}
}

func TestGivenNamesByGender(t *testing.T) {
	for _, code := range LocaleNames() {
		l := LocaleOf(code)
		if len(l.male) < 30 || len(l.female) < 30 || len(l.any) < 70 {
			t.Errorf("%s: %d, %d, %d", code, len(l.male), len(l.female), len(l.any))
		}
		both := 0
		for _, n := range l.male {
			if slices.Contains(l.female, n) {
				both++
			}
		}
		if both > 4 {
			t.Errorf("%s: %d names are men's and women's", code, both)
		}
		for i := range 1000 {
			m, f := string(l.AppendFirstName(nil, digest(i), Male)), string(l.AppendFirstName(nil, digest(i), Female))
			if !slices.ContainsFunc(l.male, func(n name) bool { return n.text == m }) || !slices.ContainsFunc(l.female, func(n name) bool { return n.text == f }) {
				t.Fatalf("%s: %q, %q", code, m, f)
			}
		}
	}
	for _, w := range append(slices.Clone(womensNames[:]), eitherNames[:]...) {
		if !slices.Contains(firstNames[:], w) {
			t.Errorf("%s is no first name", w)
		}
	}
}

// commonSurnames are the most common ones of each language's countries: an
// invented one must not be among them.
var commonSurnames = strings.Fields(`müller schmidt schneider fischer weber meyer wagner becker schulz hoffmann schäfer koch bauer richter klein wolf schröder neumann
	schwarz zimmermann braun krüger hofmann hartmann lange schmitt werner krause meier lehmann schmid schulze maier köhler herrmann walter könig mayer huber kaiser
	fuchs peters lang scholz möller weiß jung hahn schubert vogel friedrich keller günther frank berger winkler roth beck lorenz baumann franke albrecht schuster
	simon ludwig böhm winter kraus martin schumacher krämer vogt stein jäger otto sommer groß seidel heinrich brandt haas schreiber graf dietrich ziegler kuhn
	engel pohl horn busch bergmann thomas voigt sauer arnold wolff pfeiffer steinbrink dornbrink lindmeier lindhuber niedermeier
	bernard dubois robert richard durand leroy moreau laurent lefebvre michel garcia david bertrand roux vincent fournier morel girard andré lefèvre mercier dupont
	lambert bonnet françois martinez legrand garnier faure rousseau blanc guérin muller henry roussel nicolas perrin morin mathieu clément gauthier dumont lopez
	fontaine chevalier robin masson beaumont chaumont clermont
	garcía rodríguez gonzález fernández lópez martínez sánchez pérez gómez martín jiménez ruiz hernández díaz moreno muñoz álvarez romero alonso gutiérrez navarro
	torres domínguez vázquez ramos gil ramírez serrano blanco molina morales suárez ortega delgado castro ortiz rubio marín sanz núñez iglesias medina garrido
	cortés castillo santos lozano guerrero cano prieto méndez cruz calvo gallego vidal león márquez herrera peña flores cabrera campos vega fuentes arellano
	nowak kowalski wiśniewski wójcik kowalczyk kamiński lewandowski zieliński szymański woźniak dąbrowski kozłowski jankowski mazur wojciechowski kwiatkowski
	krawczyk kaczmarek piotrowski grabowski zając pawłowski michalski król wieczorek jabłoński wróbel nowakowski majewski olszewski stępień malinowski jaworski
	adamczyk dudek nowicki pawlak górski witkowski walczak sikora baran rutkowski michalak szewczyk ostrowski tomaszewski pietrzak zalewski wróblewski marciniak
	佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川
	前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 斉藤 福田 太田 西村 藤井 金子 岡本 藤原 中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田 石田
	狐塚 鷺沼 凪川 虹川 霞 蛍原 梢 鯨井 鯨岡 蓬田 蕨 苔口 紺野 紺谷 灯 朧谷`)

func TestInventedSurnamesAreNotReal(t *testing.T) {
	seen := map[string]string{}
	for _, code := range LocaleNames() {
		l := LocaleOf(code)
		n := 0
		for _, s := range l.stems {
			for _, e := range l.endings {
				w := strings.ToLower(s.text + e.text)
				if slices.Contains(commonSurnames, w) || firstTexts()[w] {
					t.Errorf("%s is a real name", w)
				}
				if other := seen[w]; other != "" {
					t.Errorf("%s is made twice, in %s and %s", w, other, code)
				}
				seen[w] = code
				n++
			}
		}
		if n < 300 {
			t.Errorf("%s: only %d surnames", code, n)
		}
		for what, list := range map[string][]name{"male": l.male, "female": l.female, "stems": l.stems, "endings": l.endings} {
			words := map[string]bool{}
			for _, w := range list {
				if words[w.text] || !utf8.ValidString(w.text) || strings.ToLower(w.slug) != w.slug || strings.Trim(w.slug, "abcdefghijklmnopqrstuvwxyz") != "" {
					t.Errorf("%s, %s: %q, %q", code, what, w.text, w.slug)
				}
				words[w.text] = true
			}
		}
	}
	for _, w := range commonSurnames {
		if Recognise(pii.LastName, []byte(w)) {
			t.Errorf("%s is taken for an invented surname", w)
		}
	}
}

// Real addresses and numbers are not taken for invented ones.
func TestLocalesRefuseFacts(t *testing.T) {
	for class, values := range map[pii.Class][]string{
		pii.FullName: {"Jürgen Müller", "Müller Jürgen", "山田 太郎", "Zoé", "Camille Dubois", "霙澪", "Ahlmerhuber"},
		pii.Street:   {"Hauptstraße 12", "12 rue de Rivoli", "Calle Mayor 3", "ul. Marszałkowska 4", "Bolmenstraße", "Bolmenstraße 0", "神南1-2-3", "霙澪町3-12", "200 rue"},
		pii.Postcode: {"10115", "75001", "28013", "00-950", "100-0001", "05100", "43 123", "79-12"},
		pii.Phone:    {"+49 30 12345678", "030 23125", "+33 1 42 68 53 00", "01 42 68 53 00", "+493023125"},
		pii.City:     {"Berlin", "Paris", "Villa Real", "東京市", "Saint-Denis"},
		pii.Username: {"jürgen.müller.abcd", "anna.dubois.abcd2345", "hans.abcd"},
	} {
		for _, v := range values {
			if Recognise(class, []byte(v)) {
				t.Errorf("%s %q is taken for a fake", class, v)
			}
		}
	}
	for class, values := range map[pii.Class][]string{
		pii.FullName: {"JÜRGEN AHLMERHUBER", "zoé Brévoulaumont", "霙澪 蓮"},
		pii.Street:   {"bolmenstraße 12"},
		pii.Phone:    {"030 23125-123", "+49 (30) 23125 123", "01 99 00 12 34", "0033 6 39 98 12 34"},
	} {
		for _, v := range values {
			if !Recognise(class, []byte(v)) {
				t.Errorf("%s %q is not recognised", class, v)
			}
		}
	}
	if fmt.Sprint(LocaleOf("xx")) != "<nil>" {
		t.Error("an unknown locale is something")
	}
}
