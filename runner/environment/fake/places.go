package fake

import "strconv"

func places() []variable {
	return []variable{
		{"$randomCity", text((*drawer).city)},
		{"$randomStreetName", text((*drawer).street)},
		{"$randomStreetAddress", func(d *drawer) any { return strconv.Itoa(d.between(100, 99999)) + " " + d.street() }},
		{"$randomCountry", item("country")},
		{"$randomCountryCode", item("country_code")},
		{"$randomLatitude", func(d *drawer) any { return d.fixed(-90, 90, 4) }},
		{"$randomLongitude", func(d *drawer) any { return d.fixed(-180, 180, 4) }},
	}
}

func (d *drawer) city() string {
	switch d.r.IntN(4) {
	case 0:
		return d.pick("city_prefix") + " " + d.pick("first_name")
	case 1:
		return d.pick("city_prefix") + " " + d.pick("last_name") + d.pick("city_suffix")
	case 2:
		return d.pick("first_name") + d.pick("city_suffix")
	}
	return d.pick("last_name") + d.pick("city_suffix")
}

func (d *drawer) street() string {
	if d.bool() {
		return d.pick("first_name") + " " + d.pick("street_suffix")
	}
	return d.pick("last_name") + " " + d.pick("street_suffix")
}
