package discover

import "testing"

// What a privacy officer found kept in ten applications: secrets under plain names, imports,
// digests, identifiers of other services, and what browsers and devices leave.
func TestWhatWasMissed(t *testing.T) {
	cat, want := described(`
api_credentials id key=token value=token secret_value=token
share_links id slug=token url_key=token
magic_links id slug=token expires_at:date
oauth_states id state=token nonce=token redirect_to
integrations id provider config=token settings_json:json
webhooks id url=capability signing_secret=token
invitations id slug=token key=token
sso_sessions id value=token
app_settings id key value
posts id slug state config
raw_imports id raw_email=email raw_phone=phone raw_name=full_name raw_address=street dob_str=birth_date phone_str=phone email_str=email raw_payload=free_text
contacts_raw id email_address_str=email first_name_raw=first_name
users id userEmailLower=email lastLoginIP=ip primaryPhoneNumber=phone billingAddrLine1=street dateOfBirthIso=birth_date email_md5=token email_hash=token hashed_email=token phone_sha256=token gravatar_hash=token gravatar_url=url github_url=url linkedin_url=url twitter_handle=username intercom_id=username segment_anonymous_id=username ga_client_id=username distinct_id=username zendesk_user_id=token
user_credentials id user_id:number webauthn_id=token credential_id=token public_key=token user_handle=token sign_count:number
recovery id user_id:number recovery_codes=token backup_code_digest=token reset_digest=token remember_digest=token totp_seed=token recovery_token_hash=token
documents_signed id user_id:number signature=photo signature_data=photo signed_at:date
session_replays id user_id:number events:json=free_text replay_data=free_text snapshot=free_text
recordings id session_id:number rrweb_events:json=free_text
ad_clicks id gclid=token fbclid=token`)
	for _, f := range Names(cat).Findings(nil) {
		is := want[f.Table+"."+f.Column]
		if f.Column == "session_id" || f.Column == "sign_count" {
			continue
		}
		if is != string(f.Class) {
			t.Errorf("%s.%s is %s, want %s: %s", f.Table, f.Column, f.Class, is, f.Reason)
		}
	}
}
