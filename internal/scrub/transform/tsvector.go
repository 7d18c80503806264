package transform

import (
	"errors"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/scrub/rules"
)

func tsvectorDef() Definition {
	return Definition{
		Name: "tsvector", Class: pii.None, Families: []Family{FamilySearch}, Plain: true, Rebuilt: searchOf,
		Doc: "The words of a text for full-text search, made anew from the masked columns while the rows arrive. By default a trigger of the table (tsvector_update_trigger) says from which; without one, and without from, it is empty.",
		Params: []Param{
			{Name: "from", Kind: rules.List, Optional: true, Doc: "the columns of text whose words it has, as a list"},
			{Name: "config", Kind: rules.String, Optional: true, Doc: "the text search configuration, with its schema; by default the trigger's, else pg_catalog.simple"},
		},
		Example: Example{Rule: "tsvector", Value: "'doe':2 'jane':1"},
		Check: func(a Args, _ Place) error {
			for _, v := range a["from"].Items {
				if v.Kind != rules.String {
					return errNoColumns
				}
			}
			if v := a["from"]; v.Pos != (rules.Pos{}) && len(v.Items) == 0 {
				return errNoColumns
			}
			return nil
		},
		Build: func(*Domain) (Masks, error) { return Masks{FamilyText: Fixed{}}, nil },
	}
}

var errNoColumns = errors.New("needs a list of columns: write from: [title, body]")

// searchOf are the configuration and the columns that a rule names.
func searchOf(a Args) (config string, from []string) {
	for _, v := range a["from"].Items {
		from = append(from, v.Text)
	}
	if config = a.Text("config"); config != "" && !strings.Contains(config, ".") {
		config = "pg_catalog." + config
	}
	return config, from
}
