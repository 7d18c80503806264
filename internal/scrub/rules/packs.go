package rules

import (
	"slices"

	"refresher/internal/postgres/catalog"
)

// Pack is a builtin ruleset for the tables that a library or product makes.
type Pack struct {
	Name string // as in builtin:NAME
	Doc  string // what it is for
	sign []sign // any of them shows that its tables are there
}

// sign is a table, or a column of it, that only this library makes.
type sign struct{ schema, table, column string }

// Packs are the builtin rulesets for libraries and products, by name.
func Packs() []Pack {
	return []Pack{
		{"activestorage", "Active Storage, Action Text and Action Mailbox of Rails", []sign{
			{"public", "active_storage_blobs", "checksum"}, {"public", "action_text_rich_texts", "body"}}},
		{"devise", "Devise of Rails, with invitable, omniauthable, two-factor and JWT", []sign{
			{"public", "users", "encrypted_password"}}},
		{"django-auth", "Django's auth, admin, sessions and sites; allauth, REST framework tokens, otp, oauth-toolkit", []sign{
			{"public", "auth_user", "is_superuser"}, {"public", "django_session", "session_data"}}},
		{"jobs", "job queues: Delayed Job, Solid Queue, GoodJob, Que, River, Oban, Graphile Worker, pg-boss and others", []sign{
			{"public", "delayed_jobs", "handler"}, {"public", "solid_queue_jobs", "arguments"},
			{"public", "good_jobs", "serialized_params"}, {"public", "que_jobs", "args"}, {"public", "oban_jobs", "args"},
			{"public", "river_job", "args"}, {"public", "procrastinate_jobs", "args"}, {"pgboss", "job", "data"},
			{"graphile_worker", "_private_jobs", "payload"}, {"public", "ar_internal_metadata", "key"}}},
		{"keycloak", "Keycloak", []sign{{"public", "user_entity", "email_constraint"}}},
		{"laravel", "Laravel, with Fortify, Jetstream, Sanctum, Passport, Telescope and Pulse", []sign{
			{"public", "migrations", "batch"}, {"public", "personal_access_tokens", "tokenable_id"}}},
		{"metabase", "Metabase's application database", []sign{{"public", "metabase_database", "details"}, {"public", "report_card", "dataset_query"}}},
		{"mlflow", "MLflow's tracking store and model registry", []sign{{"public", "runs", "artifact_uri"}}},
		{"mlflow-auth", "MLflow's basic authentication, a database of its own", []sign{{"public", "mutation_conditions", "condition_slot"}, {"public", "registered_model_permissions", "permission"}}},
		{"prisma", "Prisma's migrations", []sign{{"public", "_prisma_migrations", "checksum"}}},
		{"supabase-auth", "Supabase Auth, the schema auth", []sign{{"auth", "users", "raw_user_meta_data"}}},
	}
}

// PacksOf are the packs whose tables a database has.
func PacksOf(cat *catalog.Catalog) []string {
	var names []string
	for _, p := range Packs() {
		if slices.ContainsFunc(p.sign, func(s sign) bool {
			t := cat.Table(catalog.Name{Schema: s.schema, Name: s.table})
			return t != nil && t.Column(s.column) != nil
		}) {
			names = append(names, p.Name)
		}
	}
	return names
}
