package transform

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/verify/canary"
)

// NewCanary is a value of the place's type to try the transform on, false if none is known.
func (d *Definition) NewCanary(src *canary.Source, p Place, a Args) (canary.Value, bool) {
	switch p.Family {
	case FamilyText:
		if d.Canary != nil {
			return d.Canary(src, p, a), true
		}
		return src.Of(d.looksLike(), p.Chars()), true
	case FamilyNumber, FamilyFloat:
		if d.Canary != nil {
			return d.Canary(src, p, a), true
		}
		return d.canaryNumber(src, p), true
	case FamilyDate:
		return src.Date(), true
	case FamilyTimestamp:
		return canaryTime(src), true
	case FamilyInet:
		return src.Of(pii.IP, 0), true
	case FamilyCIDR:
		v := src.Of(pii.IP, 0)
		v.Text = v.Text[:strings.LastIndexByte(v.Text, '.')] + ".0/24"
		v.Mode, v.Parts = canary.Changed, []string{canary.Fold(v.Text)}
		return v, true
	case FamilyUUID:
		return src.UUID(), true
	case FamilyMAC:
		v := src.Of(pii.MAC, 0)
		if p.Type != nil && p.Type.Underlying().OID == catalog.Macaddr8OID {
			v.Text = v.Text[:8] + ":ff:fe" + v.Text[8:]
			v.Parts = []string{canary.Fold(v.Text)}
		}
		return v, true
	case FamilyBytea:
		return CanaryBytes(src), true
	case FamilySearch:
		word := "'" + strings.ToLower(src.Name()) + "':1"
		return canary.Value{Text: word, Mode: canary.Changed, Parts: []string{canary.Fold(word)}}, true
	case FamilyEmbedding:
		return canaryEmbedding(src, p), true
	case FamilyPoint:
		v := src.Of(pii.Latitude, 0)
		v.Text = "(" + v.Text + "," + src.Of(pii.Longitude, 0).Text + ")"
		return v, true
	}
	return canary.Value{}, false
}

// looksLike is the class of what the transform is tried on: a name where it has none.
func (d *Definition) looksLike() pii.Class {
	if d.Class == pii.None {
		return pii.FullName
	}
	return d.Class
}

// canaryNumber is a number of as many digits as the transform's class has, or the
// type has room for.
func (d *Definition) canaryNumber(src *canary.Source, p Place) canary.Value {
	want := 9
	if d.CanaryDigits > 0 {
		want = d.CanaryDigits
	}
	v := canaryDigits(src, p, want)
	v.Class = d.Class
	if len(v.Text) >= 9 && p.Family == FamilyNumber && d.Class != pii.None {
		v.Mode = canary.Nothing
	}
	return v
}

// canaryDigits are n digits, or as many as fit.
func canaryDigits(src *canary.Source, p Place, n int) canary.Value {
	room := math.MaxInt
	switch {
	case p.Family == FamilyText && p.Chars() > 0:
		room = p.Chars()
	case p.Family == FamilyFloat:
		room = 9
	case p.Family == FamilyNumber && p.Type != nil:
		room = min(MaxDigits(p.Type, p.Mod), 18)
	}
	d := src.Digits(max(1, min(n, room)))
	return canary.Value{Text: d, Class: pii.None, Mode: canary.Sometimes, Parts: []string{d}}
}

// canaryAmount is a number that noise and buckets change.
func canaryAmount(src *canary.Source, p Place, _ Args) canary.Value { return canaryDigits(src, p, 6) }

// canaryAge is one in the middle of any bucket.
func canaryAge(src *canary.Source, p Place, _ Args) canary.Value {
	switch p.Family {
	case FamilyDate:
		return src.Date()
	case FamilyTimestamp:
		return canaryTime(src)
	}
	a := []string{"37", "41", "43", "47", "53"}[src.Between(0, 4)]
	return canary.Value{Text: a, Class: pii.None, Mode: canary.Sometimes, Parts: []string{a}}
}

// canaryDegrees is a coordinate.
func canaryDegrees(src *canary.Source, p Place, _ Args) canary.Value {
	return src.Of(pii.Latitude, p.Chars())
}

func canaryDate(src *canary.Source, _ Place, _ Args) canary.Value { return src.Date() }

// canaryTime is a date and a time of day.
func canaryTime(src *canary.Source) canary.Value {
	v := src.Date()
	v.Text += fmt.Sprintf(" %02d:%02d:%02d", src.Between(10, 23), src.Between(10, 59), src.Between(10, 59))
	return v
}

// CanaryBytes are a name in bytes.
func CanaryBytes(src *canary.Source) canary.Value {
	v := src.Of(pii.FullName, 0)
	first, last, _ := strings.Cut(v.Text, " ")
	v.Parts = []string{hex.EncodeToString([]byte(first)), hex.EncodeToString([]byte(last))}
	v.Text, v.Whole = `\x`+hex.EncodeToString([]byte(v.Text)), false // bytes are searched otherwise than text
	return v
}

// changed is a value of which parts may stay.
func changed(v canary.Value) canary.Value {
	v.Mode = max(v.Mode, canary.Changed)
	return v
}
