package discover

import (
	"testing"

	"refresher/internal/postgres/catalog"
)

// What nothing is known of, in rows about persons or patients, may be anything: it is found with the least
// confidence, and a person looks at it. Keys, flags, counters, moments of the system and job titles are none.
func TestWhatIsUnknownOfPersons(t *testing.T) {
	foundTo(t, `
parishioners id full_name=full_name mobile=phone pew_wording=free_text pew_share:number=unknown is_active:bool created_at:date status role_id:number job_title seat_no
godparents id parishioners_id:number label=free_text
catalogue_items id title sorting_hint shelf_width:number`)
	foundTo(t, `
patients id full_name=full_name birth_date:date=birth_date
admissions id patient_id:number admission_finding=special_category grading:number=special_category
wards id name floor:number beds:number`)
	foundTo(t, `
club_members id surname=last_name first_name=first_name
member_moods id member_id:number label=free_text wording_of_day=free_text
member_types id label wording_of_kind`)
}

// Natural keys of persons lead to other tables under any name, and so do their tables' names in
// the forms that languages decline them in.
func TestRowsThatReferToPersons(t *testing.T) {
	cat, _ := described(`
pacientes nhc nombre fecha_nacimiento:date
hospital_admissions id nhc diag_ppal
klubowicze id imie nazwisko
pomiary id id_klubowicza:number
towary id id_kategorii:number
admission_lines id order_id:number wording`)
	cat.Tables[0].PrimaryKey = []string{"nhc"}
	lines := cat.Tables[5]
	lines.ForeignKeys = []catalog.ForeignKey{{Columns: []string{"order_id"}, RefTable: cat.Tables[1].Name,
		RefColumns: []string{"id"}}}
	s := Names(cat)
	if f, _ := s.Suspicious(lines.Name, "wording"); f.Class != Special {
		t.Errorf("what belongs to a patient's admission is %s: %s", f.Class, f.Reason)
	}
	for _, table := range s.tables {
		want := table.Table.Name.Name == "hospital_admissions" || table.Table.Name.Name == "pomiary"
		if table.is(theirs) != want {
			t.Errorf("%s refers to persons: %v, want %v", table.Table.Name.Name, table.is(theirs), want)
		}
	}
}

// Secrets of vaults and second factors, devices of persons, and shown names beside pictures.
func TestSecretsOfVaults(t *testing.T) {
	foundTo(t, `
users id email=email akey=token security_stamp=token enc_key=token
vault_entries id user_id:number data:text=token fields:text=token
twofactor_methods id user_id:number data=token
devices id user_id:number name=unknown uuid=token identifier=token
logins_pending id user_id:number device_name=unknown response_device_id=token
memberships id user_id display_name=full_name avatar_url=url
payment_methods id user_id:number last4=credit_card stripe_id=token
machine_parts id monkey turnkey:number`)
}

// Capitals behind the initial of a table's name; letters that stand apart; names of one word more.
func TestTerseNames(t *testing.T) {
	foundTo(t, `
CUSTMST CUSTNO:number CNAME1=full_name CADD1=street CCITY=city CMOB=phone CMAIL=email
wrangler_riders rider_no first_name=first_name d_o_b:date=birth_date tel_port=phone data_ur=birth_date`)
}

// Pay, absences, what players are known by, and when cards expire: TestWhatIsUnknownOfPersons is for the rest.
func TestRowsOfPayrollsAndGames(t *testing.T) {
	foundTo(t, `
recibo_nomina folio num_emp:number percepciones:number=financial isr:number=financial imss:number=financial periodo
abrechnung abr_id:number pers_nr:number brutto:number=financial lst:number=financial soli:number=financial monat:number
abwesenheiten id art=special_category krank:bool=special_category von:date bis:date
tariffs code netto:number brutto:number`)
	foundTo(t, `
bans id:number steam=username discord=username xbl=username reason=free_text
cdr id:number a_party=phone b_party=phone lat:number=latitude lon:number=longitude
crdmast cardno=credit_card exp_dt:date=unknown status
releases id steam_deck_verified:bool discord_webhook=capability`)
}

// A table of persons is known by the beginning of its name in other tables, and behind what the names of
// all tables begin with.
func TestTablesByTheirBeginnings(t *testing.T) {
	cat, _ := described(`
quillonpersons id surname=last_name first_name=first_name
quillonpersonnotes id quillonpersonid:number
quilloncourses id title
quillonrooms id title
dipendenti id cognome=last_name nome=first_name cod_fisc=national_id
turni id id_dip:number`)
	s := Names(cat)
	for _, table := range s.tables {
		if n := table.Table.Name.Name; n == "turni" && !table.is(theirs) {
			t.Errorf("%s does not refer to persons: %v", n, table.facts)
		} else if n == "quillonpersons" && !table.is("people") {
			t.Errorf("%s is not of persons: %v", n, table.name.parts)
		}
	}
}

// A key of persons whose name is no key's is an identifier of theirs, in other tables too.
func TestNaturalKeys(t *testing.T) {
	cat, want := described(`
learners lrn=national_id surname=last_name first_name=first_name
marks id lrn=national_id quarter:number`)
	cat.Tables[0].PrimaryKey = []string{"lrn"}
	for _, f := range Names(cat).Findings(nil) {
		if is := want[f.Table+"."+f.Column]; is != string(f.Class) {
			t.Errorf("%s.%s is %s, want %s: %s", f.Table, f.Column, f.Class, is, f.Reason)
		}
	}
}
