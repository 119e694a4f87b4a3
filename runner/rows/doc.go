// Package rows reads the rows of a data file: each row is the variables of one iteration.
//
//	file, err := rows.New("users.csv", func() (fs.File, error) { return folder.Open("users.csv") })
//	n, err := file.Count(ctx) // checks every row before anything is sent
//	reader, err := file.Read()
//	defer reader.Close()
//	row, err := reader.Next() // io.EOF after the last
//
// The end of the name says what the file holds.
//
//   - .csv has fields with commas between them (RFC 4180), .tsv the same with tabs. The first row has the names of the
//     variables; blanks around a name do not count. A value is the text as it stands, unless the header gives the column
//     a type: age:int, price:number, active:bool, tags:json, name:string. Blanks around such a value do not count, but for
//     string, and an empty cell is null. Blank lines are passed over. A line break in a value is read as LF.
//   - .json has an array of objects, .ndjson and .jsonl an object on each line. Numbers keep the digits as written.
//   - .toml has one array of tables, of any name: [[row]].
//
// Rows are read as they are asked for, so that a file of any length takes the memory of one row. A TOML file alone is
// read whole. Text is UTF-8, with or without a byte order mark.
//
// Whatever is wrong is a [diag.Diagnostic] with its place. It shows nothing of a file but names and the one value that it
// is about: what stands beside that may be a password.
package rows
