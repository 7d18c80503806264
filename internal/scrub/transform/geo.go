package transform

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/scrub/normal"
	"refresher/internal/scrub/rules"
	"refresher/internal/scrub/transform/calendar"
)

func latitudeDef() Definition {
	d := degreeDef("latitude", pii.Latitude, fake.MaxLatitude, fake.AppendLatitude)
	d.Space = "4 million"
	d.Doc = "A latitude in the sea around 0° N 0° E, where nobody lives: -2 to 2 with six decimals."
	d.Example.Value = "52.520008"
	return d
}

func longitudeDef() Definition {
	d := degreeDef("longitude", pii.Longitude, fake.MaxLongitude, fake.AppendLongitude)
	d.Space = "8 million"
	d.Doc = "A longitude in the sea around 0° N 0° E, where nobody lives: -4 to 4 with six decimals."
	d.Example.Value = "13.404954"
	return d
}

func degreeDef(name string, class pii.Class, length int, gen func([]byte, *fake.Digest) []byte) Definition {
	return Definition{
		Name: name, Class: class, Families: []Family{FamilyNumber, FamilyFloat, FamilyText},
		Example: Example{Rule: name}, Check: needsDecimals, Canary: canaryDegrees,
		Build: func(d *Domain) (Masks, error) {
			if err := d.digits(1); err != nil {
				return nil, err
			}
			m := &identity{domainPrefix(d.Name), plainNumber, func(dst []byte, h *fake.Digest, _ []byte) []byte { return gen(dst, h) }}
			return Masks{FamilyText: m}, d.chars(length)
		},
	}
}

func needsDecimals(_ Args, p Place) error {
	if p.Type != nil && p.Family == FamilyNumber && isWhole(p.Type) {
		return fmt.Errorf("needs decimals, and %s has none", p.Where)
	}
	return nil
}

// plainNumber is a number without zeros that mean nothing; other text folded.
func plainNumber(dst, text []byte) []byte {
	text = bytes.TrimSpace(text)
	point := false
	for i, c := range text {
		if c == '.' && !point {
			point = true
		} else if !normal.IsDigit(c) && (c != '-' || i > 0) {
			return normal.Folded(dst, text)
		}
	}
	if point {
		text = bytes.TrimSuffix(bytes.TrimRight(text, "0"), []byte{'.'})
	}
	return append(dst, text...)
}

func geoNoiseDef() Definition {
	return Definition{
		Name: "geo_noise", Class: pii.None, Families: []Family{FamilyNumber, FamilyFloat, FamilyPoint, FamilyText}, ByArgs: true,
		Canary:  canaryDegrees,
		Remains: func(Args) string { return "shows the place within some distance" },
		Doc:     "A place near the value: a tenth of meters to meters away along each axis, with six decimals; one value always moves alike. A point is (longitude, latitude). A longitude by itself moves as at the equator, so by less elsewhere.",
		Params: []Param{
			{Name: "meters", Kind: rules.Number, Min: 10, Max: 100_000, Default: "1000", Doc: "the furthest that each coordinate moves"},
			{Name: "axis", Kind: rules.String, Choices: []string{"point", "latitude", "longitude"}, Default: "point", Doc: "what the value is; point for columns of type point only"},
		},
		Example: Example{Rule: "{transform: geo_noise, axis: latitude, meters: 500}", Value: "52.520008"},
		Check: func(a Args, p Place) error {
			if point := a.Text("axis") == "point"; point != (p.Family == FamilyPoint) {
				if point {
					return fmt.Errorf("needs the axis that %s is: write axis: latitude or axis: longitude", p.Where)
				}
				return fmt.Errorf("moves both coordinates of %s: leave axis out", p.Where)
			}
			return needsDecimals(a, p)
		},
		Build: func(d *Domain) (Masks, error) {
			m := &geoMasker{prefix: domainPrefix(d.Name), reach: int64(float64(d.Args.number("meters")) * 1e6 / metersPerDegree),
				longitude: d.Args.Text("axis") == "longitude"}
			if err := d.digits(3); err != nil {
				return nil, err
			}
			return Masks{FamilyText: m, FamilyPoint: &pointMasker{*m}}, d.chars(len("-179.123456"))
		},
	}
}

// metersPerDegree is along a meridian, and along the equator.
const metersPerDegree = 111_320

// Limits of coordinates, in millionths of a degree.
const (
	maxLat = 90_000_000
	maxLon = 180_000_000
)

type geoMasker struct {
	prefix    []byte
	reach     int64 // millionths of a degree
	longitude bool
}

var errNoDegrees = Unfit("the value is no latitude of -90 to 90 degrees, or no longitude of -180 to 180")

func (m *geoMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if isSpecialNumber(text) {
		return append(dst, text...), nil
	}
	limit := int64(maxLat)
	if m.longitude {
		limit = maxLon
	}
	v, ok := r.degrees(text, limit)
	if !ok {
		return dst, errNoDegrees
	}
	r.normal = binary.BigEndian.AppendUint64(r.normal[:0], uint64(v))
	h := r.PRF.Sum(m.prefix, r.normal)
	return appendDegrees(dst, m.move(v, h[:8], m.reach, m.longitude)), nil
}

// move moves a coordinate by what eight bytes say.
func (m *geoMasker) move(v int64, draw []byte, reach int64, longitude bool) int64 {
	d := binary.BigEndian.Uint64(draw)
	least := max(reach/10, 1)
	k := least + int64(d>>1%uint64(reach-least+1))
	if d&1 == 1 {
		k = -k
	}
	switch {
	case longitude && v+k > maxLon:
		return v + k - 2*maxLon
	case longitude && v+k < -maxLon:
		return v + k + 2*maxLon
	case !longitude && (v+k > maxLat || v+k < -maxLat):
		return v - k
	}
	return v + k
}

// degrees reads a coordinate in millionths of a degree.
func (r *Row) degrees(text []byte, limit int64) (int64, bool) {
	if r.num.Parse(text) != nil || r.num.Whole() > 3 {
		return 0, false
	}
	r.num.Rescale(6)
	v := int64(0)
	for _, x := range r.num.Digits {
		v = v*10 + int64(x)
	}
	if r.num.Negative {
		v = -v
	}
	return v, v <= limit && v >= -limit
}

func appendDegrees(dst []byte, v int64) []byte {
	if v < 0 {
		dst = append(dst, '-')
		v = -v
	}
	width := 1
	for p := int64(10); v/1_000_000 >= p; p *= 10 {
		width++
	}
	dst = append(calendar.AppendPadded(dst, v/1_000_000, width), '.')
	return calendar.AppendPadded(dst, v%1_000_000, 6)
}

// pointMasker moves both coordinates of a point, (longitude,latitude).
type pointMasker struct{ geoMasker }

func (m *pointMasker) Replace(r *Row, dst, text []byte) ([]byte, error) {
	inner, ok := bytes.CutPrefix(text, []byte{'('})
	if !ok || !bytes.HasSuffix(inner, []byte{')'}) {
		return dst, errNoDegrees
	}
	a, b, ok := bytes.Cut(inner[:len(inner)-1], []byte{','})
	lon, okLon := r.degrees(a, maxLon)
	lat, okLat := r.degrees(b, maxLat)
	if !ok || !okLon || !okLat {
		return dst, errNoDegrees
	}
	r.normal = binary.BigEndian.AppendUint64(r.normal[:0], uint64(lon))
	r.normal = binary.BigEndian.AppendUint64(r.normal, uint64(lat))
	h := r.PRF.Sum(m.prefix, r.normal)
	// A degree of longitude is shorter away from the equator.
	wider := min(float64(m.reach)/max(math.Cos(float64(lat)/1e6*math.Pi/180), 0.01), maxLon)
	dst = appendDegrees(append(dst, '('), m.move(lon, h[:8], int64(wider), true))
	dst = appendDegrees(append(dst, ','), m.move(lat, h[8:16], m.reach, false))
	return append(dst, ')'), nil
}
