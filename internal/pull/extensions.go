package pull

import (
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/restore"
)

// harmless are extensions that only compute: none reads files, runs programs, connects to
// servers, or gives a language that may.
var harmless = strings.Fields(`
	address_standardizer address_standardizer_data_us btree_gin btree_gist citext cube dict_int dict_xsyn earthdistance
	fuzzystrmatch h3 hll hstore intarray isn ltree pg_bigm pg_hashids pg_jsonschema pg_similarity pg_trgm pg_uuidv7
	pgcrypto pgrouting plperl plpgsql pltcl postgis postgis_sfcgal postgis_tiger_geocoder postgis_topology prefix rum seg
	semver smlar tablefunc tcn tsm_system_rows tsm_system_time unaccent unit uuid-ossp vector`)

// allowed refuses a dataset with an extension that is neither harmless nor allowed by the
// person who pulls.
func allowed(c *restore.Contents, more []string) error {
	refusal := fault.Refuse("dataset", "it has extensions that could do more than hold data: say "+
		"--allow-extension NAME for "+
		"each that you trust with your server, or load its Parquet files")
	for _, e := range c.Extensions {
		if !slices.Contains(harmless, e) && !slices.Contains(more, e) {
			refusal.Add("extension %q", e)
		}
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}
