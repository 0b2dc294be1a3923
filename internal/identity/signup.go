package identity

import (
	"errors"

	"cruddur"
)

// CheckSignUp validates the input of a sign-up and returns it in its normal form. The error lists every fault, not
// only the first. Every provider calls it.
func CheckSignUp(s SignUp) (SignUp, error) {
	var faults *cruddur.Error
	fault := func(err error) {
		e, ok := errors.AsType[*cruddur.Error](err)
		if !ok {
			return
		}
		if faults == nil {
			faults = &cruddur.Error{Kind: e.Kind, Field: e.Field}
		}
		faults.Codes = append(faults.Codes, e.Codes...)
	}
	var err error
	if s.Name, err = cruddur.CheckDisplayName(s.Name); err != nil {
		fault(nameError(err))
	}
	if s.Email, err = cruddur.CheckNewEmail(s.Email); err != nil {
		fault(err)
	}
	if s.Handle, err = cruddur.CheckHandle(s.Handle); err != nil {
		fault(cruddur.Invalid("handle", "handle_invalid"))
	}
	if s.Password, err = CheckPassword(s.Password, s.Email, s.Handle, s.Name); err != nil {
		fault(err)
	}
	if faults != nil {
		return s, faults
	}
	return s, nil
}

// nameError replaces display_name by name, the field's name in the form and the JSON.
func nameError(err error) error {
	switch cruddur.CodesOf(err)[0] {
	case "display_name_blank":
		return cruddur.Invalid("name", "name_blank")
	case "display_name_exceed_max_chars":
		return cruddur.Invalid("name", "name_exceed_max_chars")
	default:
		return cruddur.Invalid("name", "name_invalid_text")
	}
}
