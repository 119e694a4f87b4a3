package fake

func commerce() []variable {
	return []variable{
		{"$randomDepartment", item("department")},
		{"$randomProduct", item("product")},
		{"$randomProductName", func(d *drawer) any {
			return d.pick("product_adjective") + " " + d.pick("product_material") + " " + d.pick("product")
		}},
		{"$randomProductAdjective", item("product_adjective")},
		{"$randomProductMaterial", item("product_material")},
		{"$randomPrice", func(d *drawer) any { return d.fixed(0, 1000, 2) }},
	}
}

func companies() []variable {
	return []variable{
		{"$randomCompanyName", text((*drawer).company)},
		{"$randomCompanySuffix", item("company_suffix")},
		{"$randomBs", func(d *drawer) any {
			return d.pick("buzz_verb") + " " + d.pick("buzz_adjective") + " " + d.pick("buzz_noun")
		}},
		{"$randomBsAdjective", item("buzz_adjective")},
		{"$randomBsBuzz", item("buzz_verb")},
		{"$randomBsNoun", item("buzz_noun")},
		{"$randomCatchPhrase", func(d *drawer) any {
			return d.pick("slogan_adjective") + " " + d.pick("slogan_descriptor") + " " + d.pick("slogan_noun")
		}},
		{"$randomCatchPhraseAdjective", item("slogan_adjective")},
		{"$randomCatchPhraseDescriptor", item("slogan_descriptor")},
		{"$randomCatchPhraseNoun", item("slogan_noun")},
	}
}

func (d *drawer) company() string {
	name := d.pick("last_name")
	switch d.r.IntN(3) {
	case 0:
		return name + " " + d.pick("company_suffix")
	case 1:
		return name + " - " + d.pick("last_name")
	}
	return name + ", " + d.pick("last_name") + " and " + d.pick("last_name")
}
