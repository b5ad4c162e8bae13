package importer

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

// check refuses a row that nothing of a platform can have written, and that would break what shows it here: times that JSON has no form for, and
// an id that counts as none.
func check(id int64, row any) error {
	if id < 1 {
		return fmt.Errorf("the row with the id %d: ids begin with 1", id)
	}
	fields := reflect.ValueOf(row).Elem()
	for n := range fields.NumField() {
		if err := checkValue(fields.Field(n)); err != nil {
			return fmt.Errorf("the row with the id %d: its %s %w", id, fields.Type().Field(n).Name, err)
		}
	}
	return nil
}

func checkValue(value reflect.Value) error {
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return nil
		}
		value = value.Elem()
	}
	if moment, ok := reflect.TypeAssert[time.Time](value); ok && (moment.UTC().Year() < 1 || moment.UTC().Year() > 9999) {
		return errors.New("is not between the years 1 and 9999")
	}
	return nil
}
