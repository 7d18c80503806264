package discover

import (
	"fmt"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
)

// Databases of one kind each: what a column holds depends on the other tables, too.
// A column is name=class, or name:type=class.
var kindsOfDatabases = map[string]string{
	"a clinic": `
patients id first=first_name last=last_name maiden=last_name ssn=national_id drivers=national_id race=special_category is_pregnant:bool=special_category smoker:bool=special_category disabled:bool healthcare_expenses:number=financial
providers name=full_name gender=gender speciality address=street
payers name=company amount_covered:number
conditions patient:number encounter code=special_category description=special_category
claims patient_id:number illness_date:date=date
allergies patient_id:number type reaction1=special_category severity1=special_category diagnosis_ref:number
observations patient_id:number code=special_category value:number=special_category units
procedures patient_id:number reasoncode=special_category reasondescription=special_category base_cost:number total_cost:number=financial
consultas paciente_id:number diagnostico=special_category sintomas=special_category
condition_kinds code description`,
	"research": `
person person_id:number year_of_birth:number=birth_date race_source_value=special_category
condition_occurrence person_id:number condition_concept_id:number=special_category condition_source_value=special_category
measurement person_id:number value_as_number:number=special_category unit_concept_id:number
diabetes pregnancies:number=special_category glucose:number=special_category bmi:number=special_category age:number=age outcome:number=special_category
adult age:number=age marital_status=special_category race=special_category income=financial`,
	"a bank": `
customers id creditLimit:number=financial credit_score:number=financial balance:number=financial surname=last_name age:number=age
trans account_id:number type amount:number=financial balance:number=financial account=iban
loans customer_id:number loan_amount:number=financial interest_rate:number
payments customer_id:number check_number=financial amount:number
stock balance:number max_balance:number
clientes nombre=first_name apellidos=last_name saldo:number=financial limite_credito:number=financial
kyc_documents user_id:number document_type document_number=national_id`,
	"work": `
salaries_list name=full_name department annual_salary=financial job_title
job_postings name department salary
employees id employee_number=national_id extension=phone commission:number
funcionarios matricula=national_id nome=full_name cargo remuneracao:number=financial
payslips employee_id:number gross:number=financial net:number=financial
agents_immobiliers nom=full_name telephone=phone
voters voter_id=national_id last_name=last_name first_name=first_name party=special_category
background_checks candidate_id:number criminal_record:bool=special_category
benefits employee_id:number plan_name beneficiary_name=full_name`,
	"identifiers": `
people facebook_id=token google_oauth2_id=token linkedin_id=token otp_secret_key=token
stripe_accounts stripe_customer_id=token stripe_plan_id
paypal_accounts payer_id=username
identities user_id:number provider uid=username
devices user_id:number advertising_id=token device_fingerprint=token
checkout merchant_key=token cache_key client_secret=token payment_intent_client_secret=token
invitations code=token email=email
promotions code
security_questions security_answer=token
products id stripe_product_id
insured name=full_name member_id=national_id
calls calling_number=phone`,
	"registers": `
inspections dba_name=company aka_name=company address=street city=city violations=free_text results
permits street_number=street street_name=street x:number=longitude y:number=latitude contractor_name=full_name doing_business_as=company
points x:number y:number
arrests perp_sex=gender perp_race=special_category age_group=age x_coord:number=longitude
shipping_addresses state_or_province=region street1=street
cars plate_number=national_id`,
	"texts": `
custom_field_values person_id:number text_value=free_text
custom_field_names value
listings author_id:number title=free_text origin=street state
delayed_jobs handler=free_text queue
usermeta user_id:number meta_key meta_value=free_text
orders user_id:number special_instructions=free_text remote_address=ip`,
}

func TestKindsOfDatabases(t *testing.T) {
	for kind, tables := range kindsOfDatabases {
		cat, want := described(tables)
		for _, f := range Names(cat).Findings(nil) {
			if is := want[f.Table+"."+f.Column]; is != string(f.Class) {
				t.Errorf("%s: %s.%s is %s, want %s: %s", kind, f.Table, f.Column, f.Class, is, f.Reason)
			}
		}
	}
}

// What a site publishes, or machines tell each other, is nobody's text; what isn't
// known may be.
func TestTextsThatArePublished(t *testing.T) {
	cat, want := described(`
communities slug name stylesheet locale kind custom_css_script:text footer_copyright:text how_they_found_us:text=free_text
customizations locale terms_page_content:text search_meta_description:text blank_slate:text
page_translations locale translation:text
product_lines name html_description:text
blobs key service checksum filename path region bucket metadata:text
grants redirect_uri:text
refunds pending_reason:text
case_notes kind body:text=free_text`)
	for _, f := range Names(cat).Findings(nil) {
		if is := want[f.Table+"."+f.Column]; is != string(f.Class) {
			t.Errorf("%s.%s is %s, want %s: %s", f.Table, f.Column, f.Class, is, f.Reason)
		}
	}
}

// described makes a catalog of lines of tables, and says what is expected of each column.
func described(lines string) (*catalog.Catalog, map[string]string) {
	types := map[string]*catalog.Type{"json": {OID: catalog.JSONBOID, Name: "jsonb"}, "bytea": {OID: catalog.ByteaOID, Name: "bytea"}, "number": numberType, "text": textType, "": {OID: catalog.VarcharOID, Name: "varchar"}, "bool": {OID: catalog.BoolOID, Name: "bool"}, "date": {OID: catalog.DateOID, Name: "date"}}
	cat, want := &catalog.Catalog{}, map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		fields := strings.Fields(line)
		tab := &catalog.Table{Name: catalog.Name{Schema: "public", Name: fields[0]}, Kind: catalog.Ordinary}
		tab.Root = tab.Name
		for _, f := range fields[1:] {
			name, class, _ := strings.Cut(f, "=")
			name, typ, _ := strings.Cut(name, ":")
			if class == "" {
				class = "none"
			}
			if name == "id" {
				tab.PrimaryKey, typ = []string{"id"}, "number"
			}
			tab.Columns = append(tab.Columns, &catalog.Column{Name: name, Type: types[typ]})
			want[fmt.Sprintf("%s.%s", tab.Name, name)] = class
		}
		cat.Tables = append(cat.Tables, tab)
	}
	return cat, want
}

// Values of the forms that lists of persons have.
func TestNamesOfLists(t *testing.T) {
	for _, v := range []string{"AARON,  JEFFERY M", "Smith, Karen"} {
		if _, _, full := personal(v); !full {
			t.Errorf("%q is no name", v)
		}
	}
	if !isNumbered("Curt84 Schmidt332") || isNumbered("10.0.0.1") || isNumbered("ab1234") {
		t.Error("numbered names")
	}
	if !isUUID("9d188916-8390-282b-3ec2-73fce6e08649") || isUUID("9d188916-8390-282b-3ec2-73fce6e0864g") {
		t.Error("UUIDs")
	}
}
