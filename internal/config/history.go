package config

// History is how long runs are remembered.
type History struct {
	KeepDays int `yaml:"keep_days" doc:"runs that ended more than so many days ago are forgotten, with their reports; the newest that was done, and those whose database is there, stay; 0: none is forgotten" default:"730"`
}

func (h History) validate(d *decoder) {
	if h.KeepDays < 0 || h.KeepDays > 36500 {
		d.at("history.keep_days", "must be from 0 to 36500")
	}
}
