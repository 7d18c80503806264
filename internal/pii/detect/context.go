package detect

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"refresher/internal/pii"
	"refresher/internal/pii/fold"
	"refresher/internal/pii/ident"
)

// Context is what the place of a text says of what it holds: the name of its
// column or key, a comment, a word before a value. It turns what could be any
// number into what it is called: nine digits that pass a check are a Canadian
// social insurance number one time in twelve by chance, but not in a column "sin".
// The zero Context says nothing. Contexts are values, can be compared and shared.
type Context struct {
	topics topics
	ids    idSet // national numbers that are named
}

// ContextOf reads names (of a column, its table, a JSON key) or short comments, in
// any spelling (dateOfBirth, date_of_birth, "Date of birth") and the languages of
// the dictionary. What several names say counts together.
func ContextOf(names ...string) Context {
	var c Context
	for _, n := range names {
		var r reader
		r.all = true
		r.read([]byte(n))
		c = c.and(r.found)
	}
	return c
}

// Says reports whether the context speaks of a class.
func (c Context) Says(class pii.Class) bool {
	for t, k := range topicClasses {
		if k == class && c.topics&(1<<t) != 0 {
			return true
		}
	}
	return false
}

func (c Context) and(d Context) Context {
	c.topics |= d.topics
	for i := range c.ids {
		c.ids[i] |= d.ids[i]
	}
	return c
}

// names reports whether a national number is named, by itself or as "national id".
func (c Context) names(k int) bool {
	return c.topics&anyID != 0 || c.ids[k/64]&(1<<(k%64)) != 0
}

type topics uint32

// idSet has a bit for each kind of ident.Nationals.
type idSet [2]uint64

// What a context can be about.
const (
	aboutEmail topics = 1 << iota
	aboutPhone
	aboutPerson
	aboutStreet
	aboutIP
	aboutMAC
	aboutIMEI
	aboutVIN
	aboutBIC
	aboutCoin
	aboutBirth
	aboutPlace
	aboutToken
	aboutCard
	aboutIBAN
	anyID
)

var topicClasses = [...]pii.Class{pii.Email, pii.Phone, pii.FullName, pii.Street, pii.IP, pii.MAC, pii.IMEI, pii.VIN, pii.BIC, pii.Crypto,
	pii.BirthDate, pii.Location, pii.Token, pii.CreditCard, pii.IBAN, pii.NationalID}

// dictionary: a topic or a kind of national number, and what people call it, written
// without spaces, accents and capitals. Words after "|" mean it only as the name of
// a column, not in a sentence.
const dictionary = `email: email emails mail emailaddress courriel correo correoelectronico
phone: phone phones phonenumber telephone tel telefon telefono telefone telefoonnummer telefonnummer mobile mobilenumber mobilephone cell cellphone cellular handy handynummer
	fax faxnumber whatsapp msisdn telno phoneno contactnumber rufnummer portable telephonenumber call callme dial celular movil gsm puhelin telefonszam numertelefonu komorka | contact mobil
	電話 电话 手机 전화 телефон
person: fullname firstname lastname surname customername mr mrs ms miss mister herr frau monsieur madame mme senor senora signor signora dear regards sincerely nombre apellido apellidos
	vorname nachname nom prenom nome cognome imie nazwisko patientname name | names holder owner author contact person customer patient employee doctor
street: address street streetaddress addr addressline adresse direccion strasse anschrift rue calle indirizzo endereco adres ulica residence livesat
ip: ip ipaddress ipaddr ipv4 ipv6 clientip ipv remoteaddr hostip adresseip
mac: mac macaddress macaddr hwaddr bssid ethernet
imei: imei imeinumber imeisv deviceimei
vin: vin vinnumber chassis chassisnumber vehicleidentification vehicleidentificationnumber fahrgestellnummer fin vehicleid vehiclevin
bic: bic swift swiftcode biccode swiftbic bankidentifier
coin: bitcoin btc ethereum eth wallet walletaddress cryptoaddress crypto usdt dogecoin litecoin ripple xrp solana tron coin depositaddress
birth: dob birthdate dateofbirth birth born birthday bday geboren geb geburtsdatum geburtstag nacimiento fechanacimiento fechadenacimiento naissance datenaissance datedenaissance nele nee
	nascita datadinascita natoil natail nascimento datanascimento datadenascimento geboortedatum urodzenia dataurodzenia fodelsedatum fodt syntyma
	生年月日 出生 생년월일 рождения
place: gps coordinates coordinate coords latitude longitude lat lon lng latlng latlon geo geolocation location position koordinaten
token: password passwd pwd passphrase secret token apikey apitoken accesskey accesstoken secretkey secretaccesskey clientsecret privatekey authtoken bearer authorization auth
	credential credentials jwt session sessionid refreshtoken passwort kennwort contrasena motdepasse senha signingkey encryptionkey webhooksecret licensekey | key pin salt hash
card: card cardnumber creditcard creditcardnumber debitcard ccn ccnumber pan cardno visa mastercard amex kreditkarte kartennummer tarjeta numerodetarjeta cartedecredit cartao kontokort | cc
iban: iban ibannumber bankaccount accountnumber kontonummer | account konto
id: nationalid nationalidnumber identitynumber identificationnumber idnumber idno idcode idcard identitycard taxid taxnumber taxidentificationnumber taxpayerid personalid personalnumber personalcode
	citizenid citizenship socialsecurity socialsecurityno insurancenumber governmentid govid steuernummer ausweis ausweisnummer documento documentoidentidad identidad identificacion
	numeroidentificacion nationalidentificationnumber taxcode passport passportnumber fiscalcode identifiant | document docnumber idnum nid tin
us_ssn: ssn socialsecuritynumber socialsecurity socsec | ss
us_itin: itin individualtaxpayeridentificationnumber
us_mbi: mbi medicare medicarenumber medicarebeneficiary
ca_sin: sin socialinsurancenumber socialinsurance | nas
mx_curp: curp
mx_rfc: rfc
br_cpf: cpf cadastrodepessoasfisicas
br_cnpj: cnpj
ar_cuit: cuit cuil
cl_rut: rut rolunico | run
ec_cedula: cedula | ci
pe_ruc: ruc
uy_ci: cedula cedulaidentidad | ci
do_cedula: cedula
gb_nino: nino nationalinsurance nationalinsurancenumber ninumber | ni
gb_nhs: nhs nhsnumber nhsno
gb_utr: utr uniquetaxpayerreference
ie_pps: pps ppsn ppsnumber
fr_nir: nir insee securitesociale numerodesecuritesociale numerosecuritesociale secu nss
es_dni: dni nif
es_nie: nie
pt_nif: nif contribuinte numerodecontribuinte
it_cf: codicefiscale fiscalcode | cf
de_steuerid: steuerid steueridentifikationsnummer idnr tin steuernummer steueridnr
de_svnr: svnr sozialversicherungsnummer rentenversicherungsnummer rvnr svnummer
de_ausweis: ausweis personalausweis ausweisnummer personalausweisnummer reisepass
at_svnr: svnr sozialversicherungsnummer versicherungsnummer svnummer
ch_ahv: ahv avs ahvnummer ahvnr oasi
be_rrn: rijksregisternummer nationaalnummer registrenational rrn insz niss numeronational
nl_bsn: bsn burgerservicenummer sofinummer
lu_nin: matricule
se_personnummer: personnummer samordningsnummer pnr personnr
dk_cpr: cpr cprnummer cprnr
no_fnr: fodselsnummer fodselsnr fnr personnummer
fi_hetu: hetu henkilotunnus
is_kennitala: kennitala
ee_isikukood: isikukood asmenskodas
lv_pk: personaskods
pl_pesel: pesel
pl_nip: nip
pl_dowod: dowod dowodosobisty nrdowodu
cz_rc: rodnecislo | rc
hu_adoazonosito: adoazonosito adoazonositojel
ro_cnp: cnp codnumericpersonal
bg_egn: egn егн
hr_oib: oib
rs_jmbg: jmbg emso
gr_amka: amka
gr_afm: afm
ua_rnokpp: rnokpp рнокпп inn ідентифікаційний
ru_inn: inn инн
ru_snils: snils снилс
tr_tckn: tc tckn tckimlik tckimlikno kimlik kimlikno tcno
in_aadhaar: aadhaar aadhar adhaar uid uidai
in_pan: pan pancard pannumber permanentaccountnumber
cn_ric: 身份证 身份证号 shenfenzheng | ric
tw_id: 身分證
hk_id: hkid
kr_rrn: rrn residentregistrationnumber 주민등록번호
jp_mynumber: mynumber マイナンバー 個人番号
sg_nric: nric fin
my_nric: nric mykad
th_id: thaiid tnin
il_tz: teudatzehut | tz
ae_id: emiratesid | eid
sa_id: iqama
kz_iin: iin иин
pk_cnic: cnic
za_id: rsaid saidnumber
au_tfn: tfn taxfilenumber
au_medicare: medicare medicarenumber medicarecard
nz_ird: ird irdnumber
`

// meaning is what a word of the dictionary says.
type meaning struct {
	Context
	column bool // only in the name of a column
}

// longestWord is the longest key of meanings, in bytes.
const longestWord = 40

var meanings = sync.OnceValue(func() map[string]meaning {
	topic := map[string]topics{"id": anyID}
	const named = "email phone person street ip mac imei vin bic coin birth place token card iban"
	for i, name := range strings.Fields(named) {
		topic[name] = 1 << i
	}
	m := map[string]meaning{}
	var says Context
	for line := range strings.Lines(dictionary) {
		words := line
		column := false
		if head, rest, ok := strings.Cut(line, ": "); ok {
			words, says = rest, Context{topics: topic[head]}
			for k, n := range ident.Nationals() {
				if n.Kind == head {
					says.ids[k/64] |= 1 << (k % 64)
				}
			}
		}
		for _, w := range strings.Fields(fold.Accents(words)) {
			if w == "|" {
				column = true
				continue
			}
			old, known := m[w]
			m[w] = meaning{says.and(old.Context), column && (!known || old.column)}
		}
	}
	return m
})

// wordSizes are the lengths of the dictionary's words by their first two bytes, as
// bits: few other words get past them.
var wordSizes = sync.OnceValue(func() *[32 * 32]uint64 {
	t := new([32 * 32]uint64)
	for w := range meanings() {
		t[twoBytes(w[0], w[1])] |= 1 << len(w)
	}
	return t
})

func twoBytes(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// reader looks words up in the dictionary: each by itself, and up to four of them
// joined, so that "date of birth", "dateOfBirth" and "dateofbirth" are one.
type reader struct {
	all   bool // the name of a column: all words count
	found Context
	buf   [4 * longestWord]byte // the last four words, folded
	at    [5]int                // where they begin, and the end
	n     int

	digits bool // behind the word at hand
	mixed  bool // and letters behind them
}

func (r *reader) read(text []byte) {
	prev := rune(0)
	for i := 0; i < len(text); {
		if b := text[i]; kinds[b] == letter && (b >= 'a' || prev < 'a' || prev > 'z') { // nearly all
			r.mixed = r.mixed || r.digits
			if end := r.at[r.n+1]; end-r.at[r.n] < longestWord && end < len(r.buf) {
				r.buf[end] = b | 0x20
				r.at[r.n+1]++
			}
			prev = rune(b)
			i++
			continue
		}
		c, size := rune(text[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(text[i:])
		}
		switch {
		case c >= '0' && c <= '9' && r.at[r.n+1] > r.at[r.n]:
			r.digits = true // "phone2"
		case !unicode.IsLetter(c):
			if !(c == '.' && i > 0 && r.at[r.n+1]-r.at[r.n] == 1) { // "d.o.b." is a word
				r.endWord()
			}
		case unicode.IsUpper(c) && unicode.IsLower(prev):
			r.endWord()
			fallthrough
		default:
			r.letter(c)
		}
		prev = c
		i += size
	}
	r.endWord()
}

func (r *reader) letter(c rune) {
	r.mixed = r.mixed || r.digits
	end := r.at[r.n+1]
	if end-r.at[r.n] >= longestWord || end+2*utf8.UTFMax > len(r.buf) {
		return
	}
	r.at[r.n+1] = len(fold.Append(r.buf[:end], c))
}

// endWord looks up what ends with the word at hand.
func (r *reader) endWord() {
	if r.at[r.n+1] == r.at[r.n] {
		return
	}
	mixed := r.mixed
	r.digits, r.mixed = false, false
	if mixed { // "x7f3" is a code
		r.n, r.at = 0, [5]int{}
		return
	}
	end, sizes := r.at[r.n+1], wordSizes()
	for k := r.n; k >= 0; k-- {
		if end-r.at[k] > longestWord {
			break
		}
		size := end - r.at[k]
		if size < 2 || sizes[twoBytes(r.buf[r.at[k]], r.buf[r.at[k]+1])]>>size&1 == 0 {
			continue
		}
		if m, ok := meanings()[string(r.buf[r.at[k]:end])]; ok && (r.all || !m.column) {
			r.found = r.found.and(m.Context)
		}
	}
	if r.n++; r.n == 4 { // the oldest goes
		first := r.at[1]
		copy(r.buf[:], r.buf[first:end])
		for k := range 4 {
			r.at[k] = r.at[k+1] - first
		}
		r.n = 3
	}
	if r.n < 4 {
		r.at[r.n+1] = r.at[r.n]
	}
}

// nearbyBytes is how far before a value the words are read that say what it is.
const nearbyBytes = 40

// maxBetween is how many characters that are no letters may stand between a word
// and the value it is about: `"pesel": "…`, "No.: +…".
const maxBetween = 5

// nearby is the context of text[start:end] together with the words around it, in
// the same line. Only candidates that already look right are asked about.
func (d *Detector) nearby(text []byte, start, end int) Context {
	if start == 0 && end == len(text) {
		return d.context
	}
	if d.near.start == start+1 {
		return d.near.Context
	}
	c := d.context
	if spoken(text, start) {
		var r reader
		r.read(text[lineFrom(text, start):start])
		c = c.and(r.found)
	}
	// "046 454 286 (SIN)"
	if to := min(len(text), end+12); end+2 < to && text[end] == ' ' && text[end+1] == '(' {
		var r reader
		r.read(text[end+2 : to])
		c = c.and(r.found)
	}
	d.near = near{c, start + 1}
	return c
}

// near is the context of what begins at start-1, which is asked about more than once.
type near struct {
	Context
	start int
}

// spoken reports whether a letter stands just before a value.
func spoken(text []byte, start int) bool {
	for i := start - 1; i >= 0 && i >= start-1-maxBetween; i-- {
		if c := text[i]; kinds[c] == letter || c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// lineFrom is where the words begin that are read before a value.
func lineFrom(text []byte, start int) int {
	from := start
	for from > 0 && start-from < nearbyBytes {
		c := text[from-1]
		// "Phone:" may have a line of its own
		if c == ';' || c == '|' || c == '\n' && !(from > 1 && text[from-2] == ':') {
			break
		}
		from--
	}
	for from < start && from > 0 && (kinds[text[from-1]]&alnum != 0 || text[from]&0xC0 == 0x80) {
		from++ // not in the middle of a word
	}
	return from
}
