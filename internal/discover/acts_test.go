package discover

import (
	"strings"
	"testing"
)

// What lets a program act is found by its name, and what only speaks of it is not.
func TestWhatActs(t *testing.T) {
	cat, want := described(`
settings id webhook_url=capability slack_webhook=capability webHookUrl=capability web_hook_uri=capability webhook_count:number webhooks_enabled:bool webhook_id:number webhook_name webhook_status webhook_events webhook_version last_webhook_at:date
webhooks id url=capability signing_secret=token event description docs_url enabled:bool
webhook_endpoints id endpoint=capability target_url=capability api_version status
notifiers id teams_webhook_url=capability discord_webhook=capability channel
data_sources id dsn=capability connection_string=capability jdbc_url=capability database_url=capability database_name connection_name connection_type db_size:number redis_url=capability broker_url=capability sentry_dsn=capability
mail_settings id smtp_host=capability smtp_server=capability smtp_port:number smtp_password=token smtp_enabled:bool imap_host=capability smtp_credentials=token
files id presigned_url=capability signed_url=capability sas_url=capability download_url filename signed_at:date signed_by=username
push_settings id fcm_server_key=token apns_certificate=token apns_key=token vapid_private_key=token service_account_json=token firebase_project
orders id callback_url=capability postback_url=capability ipn_url=capability callback_count:number return_url
oauth_applications id callback_url redirect_uri
calls id callback_requested:bool callback_at:date callback_reason
warehouses id address=street database_version server hook hook_size
fishing_gear id hook hook_url
products id connection connection_size link target`)
	for _, f := range Names(cat).Findings(nil) {
		if is := want[f.Table+"."+f.Column]; is != string(f.Class) {
			t.Errorf("%s.%s is %s, want %s: %s", f.Table, f.Column, f.Class, is, f.Reason)
		}
	}
}

// Tables of things to do stay behind; those that are called like them, and hold something
// else, do not.
func TestQueuesStayBehind(t *testing.T) {
	for what, tables := range map[string]string{
		"jobs": `
delayed_jobs id handler:text run_at:date locked_by attempts:number
background_jobs id job_class arguments:json status
failed_jobs id connection queue payload:text exception failed_at:date
scheduled_tasks task_name task_data:bytea execution_time:date picked:bool
apscheduler_jobs id next_run_time:number job_state:bytea
task_queue id payload:json state
queued_items id data:json attempts:number
print_queue document_id:number printer locked_at:date
qrtz_triggers sched_name trigger_name job_data:bytea
actionscheduler_actions hook args status`,
		"messages to publish": `
outbox id aggregate_id payload:json published_at:date
outbox_events id topic headers:json
event_publication id serialized_event:text listener_id completion_date:date`,
		"messages to send": `
pending_emails id recipient subject body:text
email_queue id to subject body:text sent_at:date
outgoing_messages id to_number body:text status
scheduled_notifications id user_id:number message:text send_at:date
sms_deliveries id phone attempts:number next_attempt_at:date`,
		"calls of webhooks": `
webhook_deliveries id webhook_id:number payload:json attempts:number
webhook_events id provider payload:json processed_at:date
web_hook_logs id response:text status_code:number`,
		"": `
jobs id title salary:number company location status
job_postings id title description:text salary:number status
jobs_archive id customer_id:number address price:number
tasks id title description:text assignee_id:number due_at:date status priority:number
queue_stats queue depth:number attempts:number payload_bytes:number processed:number
queue_settings queue max_attempts:number template:text
queues id name description:text paused_at:date
queue_entries id customer_id:number position:number status
webhooks id url events secret active:bool
webhook_event_types id name description:text
webhook_templates id body:text
messages id sender_id:number body:text sent_at:date read_at:date
emails id user_id:number address verified_at:date
pending_email_changes id user_id:number email expires_at:date
email_templates id subject body:text
notifications id user_id:number message:text read_at:date
deliveries id order_id:number address delivered_at:date attempts:number
outbox_stats day:date published:number
events id name payload:json created_at:date
job_applications id applicant resume:text status
print_jobs id customer_id:number pages:number price:number status`,
	} {
		cat, _ := described(tables)
		for _, table := range Names(cat).tables {
			left, is := table.left(), what != ""
			if (left != "") != is || is && !strings.Contains(left, what) {
				t.Errorf("%s: %q, want %q", table.Table.Name, left, what)
			}
		}
	}
}
