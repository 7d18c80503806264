package discover

import (
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
)

// What a column is depends on the table that it stands in, and on its neighbours.
func TestNamesInTheirTables(t *testing.T) {
	for table, columns := range map[string]string{
		"addresses":         "line_1=street line_2=street city=city user_id=none name=full_name",
		"transfers":         "recipient_email=email address_city=city address_state=region address_postal_code=postcode address_country=country",
		"feedbacks":         "email=email name=full_name body=free_text",
		"reports":           "email=email name=full_name details=free_text",
		"comments":          "text=free_text name=full_name",
		"manufacturers":     "name=none",
		"donation_sites":    "email=email contact_name=full_name name=none",
		"topic_answers":     "value=free_text",
		"settings":          "value=none",
		"api_keys":          "value=token",
		"backup_codes":      "code_digest=token",
		"discount_codes":    "code=none",
		"oauth_grants":      "user_code=token code_challenge=none",
		"hotels":            "email=email name=none",
		"bans":              "user_id=none theft_description=free_text",
		"shapes":            "description=none",
		"medications":       "user_id=none name=special_category",
		"medication_kinds":  "name=none",
		"twilio_messages":   "from=phone to=phone",
		"ahoy_messages":     "to=email",
		"email_changes":     "original=email replacement=email",
		"stripe_cards":      "last4=credit_card stripe_brand=none stripe_shipping_name=full_name",
		"card_uses":         "card_last_used_at=none last_used_at=none",
		"children":          "first_name=first_name race=special_category health_insurance=special_category",
		"families":          "last_name=last_name case_manager=full_name guardian_monthly_pay=financial pick_up_name=full_name",
		"authorities":       "full_name=none",
		"logins":            "identity=username referrer=url fingerprint=token failure_message=none",
		"taxes":             "tax_code=none",
		"credit_notes":      "number=none",
		"jobs":              "locked_by=none timezone_str=none controller_name=none context=none",
		"payout_methods":    "account_number_ciphertext=iban birthday_ciphertext=birth_date",
		"distributions":     "agency_rep=full_name",
		"social_apps":       "consumer_key=token id_token=token token_id=none",
		"care_details":      "police_notified_details=free_text address_line_one=street last_name_at_birth=last_name reason_for_applying=free_text",
		"incidents":         "details=free_text reason=free_text",
		"product_kinds":     "details=none reason=none",
		"application_sums":  "applicant_age=age average_age=none",
		"partner_inventory": "describe_storage_space=none",
		"edits":             "userdisplayname=username displayname=none",
		"order_totals":      "payment_firstname=first_name payment_address_1=street payment_city=city payment_zone=region payment_method=none",
		"lease_signatures":  "ip_address=ip user_agent=user_agent latitude=latitude longitude=longitude",
		"user_change_logs":  "field=none old_value=free_text new_value=free_text",
		"audit_trail":       "action=none payload=free_text",
		"feedback_mails":    "reply_to_address=email reply_to_name=full_name",
		"phone_numbers":     "label=none number=phone",
		"social_accounts":   "name=username provider_kind=none",
		"book_copies":       "isbn=none barcode=none",
		"delayed_workers":   "host_name=none name=none",
		"wp_posts":          "post_number=none post_password=token",
		"emp_dependents":    "ed_seqno=none ed_name=full_name ed_relationship=none ed_date_of_birth=birth_date",
		"schools":           "principal=full_name www_address=none",
		"user_details":      "linkedin=username mastodon=username",
		"docket":            "filed_by=username sorted_by=none",
		"guests":            "first_nm=first_name last_nm=last_name id_doc_no=national_id car_reg=national_id room_no=none loyalty_no=national_id",
		"court_charges":     "plea=special_category verdict=special_category",
		"billing_charges":   "plan=none statement_descriptor=none",
		"dogs":              "breed=none race=none",
		"CFMAST":            "CFACCT=none CFCITY=city CFZIP=postcode CFPHONE=phone CFEMAIL=email CFBRANCH=none",
		"tb_mitarbeiter":    "mitvorname=first_name mitnachname=last_name mitgebdatum=birth_date mitplz=postcode mitort=city mittel=phone",
		"kunden":            "kunname=full_name kunort=city kunplz=postcode kuntel=phone kunstrasse=street",
		"contents":          "CODE=none COLOR=none COST=none COUNTRY=none COMMENT=free_text",
		"campaign_visits":   "utm_source=none utm_medium=none utm_content=none utm_term=none",
		"oauth_clients":     "name=none client_secret=token redirect_uri=none",
		"ambulancedrivers":  "name=full_name",
		"accounts":          "email=email profile_image_url=url gender_id=gender marital_status_id=special_category",
	} {
		var names, want []string
		cols := []*catalog.Column{}
		for _, f := range strings.Fields(columns) {
			name, class, _ := strings.Cut(f, "=")
			names, want = append(names, name), append(want, class)
			typ := textType
			if strings.HasSuffix(name, "_id") && class == "none" {
				typ = numberType
			}
			cols = append(cols, &catalog.Column{Name: name, Type: typ})
		}
		tab := newTable(&catalog.Table{Name: catalog.Name{Schema: "public", Name: table}, Columns: cols}, nil, nil)
		tab.context()
		for i, c := range tab.columns {
			c.classify()
			if got := string(c.class); got != want[i] {
				t.Errorf("%s.%s is %s, want %s: %s", table, names[i], got, want[i], c.reason)
			}
		}
	}
}

var (
	textType   = &catalog.Type{OID: catalog.TextOID, Name: "text"}
	numberType = &catalog.Type{OID: catalog.Int8OID, Name: "int8"}
)

// Where words are varchar, a column of text without a value to look at is taken for
// what somebody wrote where the rows are answers of persons, unless its name speaks against
// it; check doesn't ask about it.
func TestLongTextsOfWhichNothingIsKnown(t *testing.T) {
	varchar := &catalog.Type{OID: catalog.VarcharOID, Name: "varchar"}
	cat := &catalog.Catalog{Tables: []*catalog.Table{{Name: catalog.Name{Schema: "public", Name: "intake_surveys"}, Kind: catalog.Ordinary, Columns: []*catalog.Column{
		{Name: "state", Type: varchar}, {Name: "kind", Type: varchar}, {Name: "locale", Type: varchar},
		{Name: "attempts_made", Type: textType}, {Name: "sql_query", Type: textType},
	}}}}
	s := Names(cat)
	for i, want := range []string{"none", "none", "none", "free_text", "none"} {
		if f := s.Findings(nil)[i]; string(f.Class) != want {
			t.Errorf("%s is %s, want %s: %s", f.Column, f.Class, want, f.Reason)
		}
	}
	if _, asked := s.Suspicious(cat.Tables[0].Name, "attempts_made"); asked {
		t.Error("check asks about a guess")
	}
	cat.Tables[0].Name.Name = "gateways"
	if f := Names(cat).Findings(nil)[3]; f.Class != "none" {
		t.Errorf("%s of a thing is %s: %s", f.Column, f.Class, f.Reason)
	}
	cat.Tables[0].Name.Name = "intake_surveys"
	for _, c := range cat.Tables[0].Columns { // text for everything says nothing
		c.Type = textType
	}
	if f := Names(cat).Findings(nil)[3]; f.Class != "none" {
		t.Errorf("%s is %s: %s", f.Column, f.Class, f.Reason)
	}
}
