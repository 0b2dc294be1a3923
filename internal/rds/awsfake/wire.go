package awsfake

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// decode fills the SDK input in from the form of a query-protocol request. It refuses a parameter that the operation
// does not have, as AWS does.
func decode(params url.Values, in any) *apiError {
	for key, values := range params {
		if key == "Action" || key == "Version" {
			continue
		}
		if err := set(reflect.ValueOf(in).Elem(), strings.Split(key, "."), values[0]); err != nil {
			return &apiError{Code: "MalformedInput", Message: fmt.Sprintf("%s: %v", key, err)}
		}
	}
	return nil
}

func set(v reflect.Value, path []string, value string) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return set(v.Elem(), path, value)
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			at, err := time.Parse(time.RFC3339, value)
			*t = at
			return err
		}
		f := v.FieldByName(path[0])
		if !f.IsValid() {
			return fmt.Errorf("unexpected parameter")
		}
		return set(f, path[1:], value)
	case reflect.Slice:
		if len(path) > 0 {
			if _, err := strconv.Atoi(path[0]); err != nil {
				path = path[1:]
			}
		}
		if len(path) == 0 {
			return nil // an empty list is sent as NAME=
		}
		n, err := strconv.Atoi(path[0])
		if err != nil || n < 1 || n > 1000 {
			return fmt.Errorf("bad index")
		}
		for v.Len() < n {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		}
		return set(v.Index(n-1), path[1:], value)
	case reflect.String:
		v.SetString(value)
	case reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, 64)
		v.SetInt(n)
		return err
	case reflect.Float64:
		f, err := strconv.ParseFloat(value, 64)
		v.SetFloat(f)
		return err
	case reflect.Bool:
		b, err := strconv.ParseBool(value)
		v.SetBool(b)
		return err
	default:
		return fmt.Errorf("unknown type %s", v.Type())
	}
	return nil
}

// members are the element names of lists in RDS's XML; for lists that are not in the map it is "member".
var members = map[string]string{
	"DBInstances": "DBInstance", "VpcSecurityGroups": "VpcSecurityGroupMembership", "DBParameterGroups": "DBParameterGroup",
	"Subnets": "Subnet", "TagList": "Tag", "DBSnapshots": "DBSnapshot", "DBSnapshotAttributes": "DBSnapshotAttribute",
	"AttributeValues": "AttributeValue", "Events": "Event", "EventCategories": "EventCategory", "EventCategoriesList": "EventCategory",
	"DBEngineVersions": "DBEngineVersion", "ValidUpgradeTarget": "UpgradeTarget", "OrderableDBInstanceOptions": "OrderableDBInstanceOption",
	"AvailabilityZones": "AvailabilityZone", "Parameters": "Parameter", "DBSubnetGroups": "DBSubnetGroup",
	"PendingMaintenanceActions": "ResourcePendingMaintenanceActions", "PendingMaintenanceActionDetails": "PendingMaintenanceAction",
	"EventSubscriptionsList": "EventSubscription", "SourceIdsList": "SourceId", "DBMajorEngineVersions": "DBMajorEngineVersion",
	"SupportedEngineLifecycles": "SupportedEngineLifecycle", "DBClusters": "DBCluster", "DBClusterSnapshots": "DBClusterSnapshot",
	"DBClusterSnapshotAttributes": "DBClusterSnapshotAttribute", "DBInstanceAutomatedBackups": "DBInstanceAutomatedBackup",
	"ReadReplicaDBInstanceIdentifiers": "ReadReplicaDBInstanceIdentifier", "DBClusterMembers": "DBClusterMember",
	"DBInstanceAutomatedBackupsReplications": "DBInstanceAutomatedBackupsReplication",
	"ReadReplicaDBClusterIdentifiers":        "ReadReplicaDBClusterIdentifier",
}

// encode writes the fields of an SDK output or type as XML elements of the same names.
func encode(b *strings.Builder, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			encode(b, name, v.Elem())
		}
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			fmt.Fprintf(b, "<%s>%s</%s>", name, t.UTC().Format(time.RFC3339), name)
			return
		}
		fmt.Fprintf(b, "<%s>", name)
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Name != "ResultMetadata" {
				encode(b, f.Name, v.Field(i))
			}
		}
		fmt.Fprintf(b, "</%s>", name)
	case reflect.Slice:
		if v.Len() == 0 {
			return
		}
		member := members[name]
		if member == "" {
			member = "member"
		}
		fmt.Fprintf(b, "<%s>", name)
		for i := range v.Len() {
			encode(b, member, v.Index(i))
		}
		fmt.Fprintf(b, "</%s>", name)
	case reflect.String:
		if v.Len() > 0 {
			fmt.Fprintf(b, "<%s>%s</%s>", name, escape(v.String()), name)
		}
	default:
		fmt.Fprintf(b, "<%s>%v</%s>", name, v.Interface(), name)
	}
}
