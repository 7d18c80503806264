package access

import "testing"

func TestSettingSQL(t *testing.T) {
	for _, tt := range []struct {
		set  setting
		want string
	}{
		{setting{"", "work_mem", "8MB"}, `ALTER DATABASE "d" SET "work_mem" = '8MB'`},
		{setting{"app", "statement_timeout", "5s"}, `ALTER ROLE "app" IN DATABASE "d" SET "statement_timeout" = '5s'`},
		{setting{"", "search_path", `"$user", "odd ""schema", public`}, `ALTER DATABASE "d" SET "search_path" = '$user', ` +
			`'odd "schema', 'public'`},
		{setting{"", "search_path", ``}, `ALTER DATABASE "d" SET "search_path" = ''`},
		{setting{"", "search_path", `""`}, `ALTER DATABASE "d" SET "search_path" = ''`},
		{setting{"", "my.secret", `it's`}, `ALTER DATABASE "d" SET "my"."secret" = 'it''s'`},
	} {
		if got := tt.set.sql("d"); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
