package rds

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// kebab returns the AWS CLI's flag for a field of an API input: DBInstanceClass becomes db-instance-class.
func kebab(field string) string {
	if known, ok := kebabs[field]; ok {
		return known
	}
	var b strings.Builder
	for i, r := range field {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 {
			before := field[i-1]
			startsWord := i+1 < len(field) && field[i+1] >= 'a' && field[i+1] <= 'z'
			if before >= 'a' && before <= 'z' || before >= '0' && before <= '9' || startsWord {
				b.WriteByte('-')
			}
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}

// kebabs are the names for which the AWS CLI breaks its own rule.
var kebabs = map[string]string{"PerformanceInsightsKMSKeyId": "performance-insights-kms-key-id"}

// Flag is a setting of an API operation, named like the AWS CLI's flag.
type Flag struct {
	Name    string // db-instance-class
	Help    string
	Default string // what the profile prod chooses, "" for nothing
	Bool    bool   // also --no-NAME
	List    bool   // may be given several times or with commas
}

// flagsOf describes the listed fields ("Field: help") of an input type.
func flagsOf(input any, fields []string) []Flag {
	t := reflect.TypeOf(input)
	var flags []Flag
	for _, f := range fields {
		name, help, _ := strings.Cut(f, ": ")
		field, ok := t.FieldByName(name)
		if !ok {
			panic("rds: no field " + name)
		}
		kind := field.Type
		flags = append(flags, Flag{
			Name: kebab(name), Help: help, List: kind.Kind() == reflect.Slice,
			Bool: kind.Kind() == reflect.Pointer && kind.Elem().Kind() == reflect.Bool,
		})
	}
	return flags
}

// fieldText returns a setting's value in the form of its flag, or "" if it is unset.
func fieldText(v reflect.Value) string {
	if v.IsZero() {
		return ""
	}
	switch p := v.Interface().(type) {
	case []string:
		return strings.Join(p, ",")
	case []types.Tag:
		return ""
	}
	return fmt.Sprint(reflect.Indirect(v).Interface())
}

// setField sets the field of input (a pointer to struct) whose flag is name. An empty value unsets it.
func setField(input any, name, value string) error {
	v := reflect.ValueOf(input).Elem()
	for i := range v.NumField() {
		if kebab(v.Type().Field(i).Name) != name {
			continue
		}
		f := v.Field(i)
		if value == "" {
			f.SetZero()
			return nil
		}
		if err := setValue(f, value); err != nil {
			return invalidf("--%s %s: %w", name, value, err)
		}
		return nil
	}
	return invalidf("--%s: no such setting", name)
}

func setValue(f reflect.Value, value string) error {
	switch p := f.Addr().Interface().(type) {
	case **string:
		*p = &value
	case **int32:
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return fmt.Errorf("want a number")
		}
		*p = new(int32(n))
	case **bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("want true or false")
		}
		*p = &b
	case *[]string:
		*p = strings.Split(value, ",")
	case *[]types.Tag:
		*p = nil
		for pair := range strings.SplitSeq(value, ",") {
			k, v, ok := strings.Cut(pair, "=")
			if !ok || k == "" {
				return fmt.Errorf("want KEY=VALUE")
			}
			*p = append(*p, types.Tag{Key: &k, Value: &v})
		}
	case **types.CloudwatchLogsExportConfiguration:
		*p = &types.CloudwatchLogsExportConfiguration{EnableLogTypes: strings.Split(value, ",")}
	default:
		if f.Kind() != reflect.String {
			return fmt.Errorf("cannot be set from a flag")
		}
		f.SetString(value)
	}
	return nil
}

// awsCommand returns the AWS CLI's command line for an input, without the password.
func awsCommand(command string, input any) string {
	var b strings.Builder
	b.WriteString("aws " + command)
	v := reflect.ValueOf(input).Elem()
	for i := range v.NumField() {
		f, t := v.Field(i), v.Type().Field(i)
		if !t.IsExported() || f.IsZero() {
			continue
		}
		flag := kebab(t.Name)
		switch p := f.Interface().(type) {
		case *bool:
			if !*p {
				flag = "no-" + flag
			}
			b.WriteString(" \\\n  --" + flag)
			continue
		case []types.Tag:
			b.WriteString(" \\\n  --" + flag)
			for _, tag := range p {
				b.WriteString(" " + shell("Key="+*tag.Key+",Value="+*tag.Value))
			}
			continue
		case []string:
			b.WriteString(" \\\n  --" + flag + " " + shell(p...))
			continue
		case *types.CloudwatchLogsExportConfiguration:
			b.WriteString(" \\\n  --" + flag + " '{\"EnableLogTypes\":[\"" + strings.Join(p.EnableLogTypes, `","`) + "\"]}'")
			continue
		}
		value := fmt.Sprint(reflect.Indirect(f).Interface())
		if t.Name == "MasterUserPassword" {
			value = "file:///dev/stdin"
		}
		b.WriteString(" \\\n  --" + flag + " " + shell(value))
	}
	return b.String()
}

// shell quotes words for a POSIX shell where they need it.
func shell(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w == "" || strings.ContainsAny(w, " \t\n'\"\\$`!*?[](){}<>|&;#~") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted[i] = w
	}
	return strings.Join(quoted, " ")
}
