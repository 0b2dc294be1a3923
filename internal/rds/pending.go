package rds

import (
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// pending lists the pending changes as NAME=VALUE, with the names of the AWS CLI's flags.
func pending(p *types.PendingModifiedValues) []string {
	list := []string{}
	if p == nil {
		return list
	}
	v := reflect.ValueOf(*p)
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if !v.Type().Field(i).IsExported() || f.IsZero() {
			continue
		}
		switch {
		case name == "MasterUserPassword":
			list = append(list, "master-user-password")
		case f.Kind() == reflect.Pointer && f.Elem().Kind() != reflect.Struct:
			list = append(list, fmt.Sprintf("%s=%v", kebab(name), f.Elem().Interface()))
		default:
			list = append(list, kebab(name))
		}
	}
	return list
}
