package fake

import "strconv"

func people() []variable {
	return []variable{
		{"$randomFirstName", item("first_name")},
		{"$randomLastName", item("last_name")},
		{"$randomFullName", text((*drawer).fullName)},
		{"$randomNamePrefix", item("name_prefix")},
		{"$randomNameSuffix", item("name_suffix")},
		{"$randomJobArea", item("job_area")},
		{"$randomJobDescriptor", item("job_descriptor")},
		{"$randomJobTitle", func(d *drawer) any {
			return d.pick("job_descriptor") + " " + d.pick("job_area") + " " + d.pick("job_type")
		}},
		{"$randomJobType", item("job_type")},
		{"$randomPhoneNumber", text((*drawer).phone)},
		{"$randomPhoneNumberExt", func(d *drawer) any { return strconv.Itoa(d.between(1, 99)) + "-" + d.phone() }},
	}
}

func (d *drawer) fullName() string {
	name := d.pick("first_name") + " " + d.pick("last_name")
	switch d.r.IntN(9) {
	case 0:
		return d.pick("name_prefix") + " " + name
	case 1:
		return name + " " + d.pick("name_suffix")
	}
	return name
}

// phone is a number of the North American plan, in which neither area nor exchange begin with 0 or 1.
func (d *drawer) phone() string {
	return strconv.Itoa(d.between(200, 999)) + "-" + strconv.Itoa(d.between(200, 999)) + "-" + d.text(4, digits)
}
