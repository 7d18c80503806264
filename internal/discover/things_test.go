package discover

import "testing"

// foundTo compares what the names of a catalog are found to be with what described expects.
func foundTo(t *testing.T, tables string) {
	t.Helper()
	cat, want := described(tables)
	for _, f := range Names(cat).Findings(nil) {
		if is := want[f.Table+"."+f.Column]; is != string(f.Class) {
			t.Errorf("%s.%s is %s, want %s: %s", f.Table, f.Column, f.Class, is, f.Reason)
		}
	}
}

// What is told of products, gateways and kinds is written for all who use them, in unbounded text
// too; what is told of persons, or was asked of them, is theirs. Animals have names of their own.
func TestThingsAreNobodys(t *testing.T) {
	foundTo(t, `
members id full_name=full_name email=email mobile=phone remark_of_desk:text=free_text
gateways id label long_description:text endpoint_hint:text
leave_reasons id name
pay_grades id name min_salary:number max_salary:number
satisfaction_surveys id member_id:number what_went_well:text=free_text
catalogue_items id name notes:text description:text
pets id member_id:number name birth_date:date gender breed weight:number
shift_plans id member_number:number
shift_swaps id member_number:number
shift_notes id member_number:number
shift_marks id member_number:number`)
}

// Persons of one case who are told apart by initials.
func TestInitials(t *testing.T) {
	foundTo(t, `
case_sheets id a_name=full_name w_name=full_name a_statement:text=free_text w_statement:text=free_text db_name`)
}

// What a person looks like, and how tall and heavy, is of the body.
func TestBodies(t *testing.T) {
	foundTo(t, `
drivers id full_name=full_name eye_color=special_category hair_color=special_category height:number=special_category weight:number=special_category
cars id colour height:number weight:number`)
}

// Names that begin with the initial of their table's, or end in its beginning.
func TestInitialsOfTables(t *testing.T) {
	foundTo(t, `
accounts accno:number=iban abalance:number=financial
bankcustomers cphone=phone cname=full_name
clienti idclient:number NumeCl=full_name AdresaCl=street LocalitateCl=city TelCl=phone`)
}

// Forms of words that a language declines, and Russian ones in Latin letters.
func TestFormsOfWords(t *testing.T) {
	for word, want := range map[string]string{
		"pacienta": "patient", "pacientowi": "patient", "cinsiyeti": "gender", "uzytkownika": "user",
		"familiya": "surname", "familija": "surname", "familia": "surname", "zarplata": "salary",
		"nacionalnosti": "nationality", "pasporta": "passport", "паспортные": "passport",
		"urgency": "", "permalink": "", "partial": "", "status": "", "model": "", "position": "",
	} {
		if got := english(word); got != want {
			t.Errorf("%q is read as %q, want %q", word, got, want)
		}
	}
}
