package fake

import (
	"encoding/binary"

	"github.com/google/uuid"
)

func identifiers() []variable {
	return []variable{
		{"$guid", text((*drawer).uuid)},
		{"$timestamp", func(d *drawer) any { return number(int(d.now.Unix())) }},
		{"$isoTimestamp", func(d *drawer) any { return d.now.UTC().Format("2006-01-02T15:04:05.000Z") }},
		{"$randomUUID", text((*drawer).uuid)},
		{"$randomAlphaNumeric", func(d *drawer) any { return d.text(1, digits+lower) }},
		{"$randomBoolean", func(d *drawer) any { return d.bool() }},
		{"$randomInt", func(d *drawer) any { return number(d.between(0, 1000)) }},
		{"$randomColor", item("color")},
		{"$randomHexColor", func(d *drawer) any { return "#" + d.text(6, hexList) }},
		{"$randomAbbreviation", item("computer_abbreviation")},
	}
}

func (d *drawer) uuid() string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], d.r.Uint64())
	binary.BigEndian.PutUint64(id[8:], d.r.Uint64())
	id[6] = id[6]&0x0f | 0x40 // version 4, RFC 9562 section 5.4
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}
