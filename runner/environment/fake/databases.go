package fake

func databases() []variable {
	return []variable{
		{"$randomDatabaseColumn", item("database_column")},
		{"$randomDatabaseType", item("database_type")},
		{"$randomDatabaseCollation", item("database_collation")},
		{"$randomDatabaseEngine", item("database_engine")},
	}
}
