package templates

// Field is one labelled input of a form, with its message. Its methods return a changed copy, so that a page writes
// {{template "field" ((field "username" "Username" .Form.Username .Errors).Require.Complete "username")}}.
type Field struct {
	ID           string
	Name         string
	Label        string
	Value        string
	Type         string // of the input; "text" when nothing else is said
	Help         string
	Error        string
	Autocomplete string
	Placeholder  string
	Fragment     string // filled in by the script from this name in the address's fragment
	Earliest     string // for dates
	Latest       string
	Rows         int // more than one line when not 0
	Most         int // characters; 0 for no limit
	Required     bool
	Fixed        bool // shown, cannot be changed, is not sent
	Optional     bool // says so beside the label
	Plain        bool // names and codes: no spelling, no capitals
	Ticked       bool
	Choices      []Choice
}

// Choice is one of the values that a field can have.
type Choice struct {
	Value string
	Label string
}

// field makes a text field; its message is the first one of errors about that name.
func field(name, label, value string, errors Errors) Field {
	return Field{ID: "f-" + name, Name: name, Label: label, Value: value, Type: "text", Error: errors.On(name)}
}

// tick makes a check box, which sends "true" or nothing.
func tick(name, label string, ticked bool, errors Errors) Field {
	return Field{ID: "f-" + name, Name: name, Label: label, Value: "true", Ticked: ticked, Error: errors.On(name)}
}

// Require marks the field as needed.
func (f Field) Require() Field { f.Required = true; return f }

// MayBeEmpty marks the field as optional in words, where most fields beside it are needed.
func (f Field) MayBeEmpty() Field { f.Optional = true; return f }

// Hint explains the field.
func (f Field) Hint(text string) Field { f.Help = text; return f }

// Lines makes it a text area.
func (f Field) Lines(rows int) Field { f.Rows = rows; return f }

// AtMost limits the characters.
func (f Field) AtMost(characters int) Field { f.Most = characters; return f }

// Complete says what the browser may fill in.
func (f Field) Complete(word string) Field { f.Autocomplete, f.Plain = word, true; return f }

// Verbatim is for text that is no prose: names, addresses, codes.
func (f Field) Verbatim() Field { f.Plain = true; return f }

// As sets the type of the input: "email", "date".
func (f Field) As(kind string) Field { f.Type = kind; return f }

// Secret makes it a password field, whose value is never written into a page. complete is "current-password" or "new-password".
func (f Field) Secret(complete string) Field {
	f.Type, f.Value, f.Autocomplete = "password", "", complete
	return f
}

// Between bounds a date.
func (f Field) Between(earliest, latest string) Field {
	f.Earliest, f.Latest = earliest, latest
	return f
}

// FromFragment lets a link carry the value where no server and no log sees it.
func (f Field) FromFragment(name string) Field { f.Fragment = name; return f }

// From makes it a choice of one.
func (f Field) From(choices []Choice) Field { f.Choices = choices; return f }

// Lock shows the value without sending it.
func (f Field) Lock() Field { f.Fixed = true; return f }

// OwnPassword asks for the viewer's own password before something dangerous. Who has none here must have signed in a moment ago.
type OwnPassword struct {
	Viewer Viewer
	Field  Field
}

// OwnPassword asks by the field, or says what counts instead.
func (p Page) OwnPassword(f Field) OwnPassword { return OwnPassword{p.Viewer, f} }

// DescribedBy lists the ids of the hint and the message for aria-describedby.
func (f Field) DescribedBy() string {
	switch {
	case f.Help != "" && f.Error != "":
		return f.ID + "-hint " + f.ID + "-error"
	case f.Help != "":
		return f.ID + "-hint"
	case f.Error != "":
		return f.ID + "-error"
	default:
		return ""
	}
}

// Copyable is text with a button that copies it.
type Copyable struct {
	ID     string
	Label  string
	Text   string
	Secret bool // shown only once: leaving before it was copied is confirmed
}

func copyable(id, label, text string) Copyable { return Copyable{ID: id, Label: label, Text: text} }

// Once marks the text as shown only this once.
func (c Copyable) Once() Copyable { c.Secret = true; return c }
