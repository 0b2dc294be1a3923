package awsfake

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// serveRDS decodes the action's input, runs it and encodes the output.
func (s *Server) serveRDS(w http.ResponseWriter, call Call) {
	run, ok := s.operations()[call.Action]
	if !ok {
		(&apiError{Code: "InvalidAction", Message: "Could not find operation " + call.Action + " for version 2014-10-31"}).write(w, "rds", call)
		return
	}
	out, apiErr := run(call.Params)
	if apiErr != nil {
		apiErr.write(w, "rds", call)
		return
	}
	var b strings.Builder
	b.WriteString(`<` + call.Action + `Response xmlns="http://rds.amazonaws.com/doc/2014-10-31/">`)
	encode(&b, call.Action+"Result", reflect.ValueOf(out))
	b.WriteString(`<ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></` + call.Action + `Response>`)
	writeXML(w, http.StatusOK, b.String())
}

type operation func(url.Values) (any, *apiError)

// typed turns a function over SDK types into an operation.
func typed[In, Out any](f func(*In) (*Out, *apiError)) operation {
	return func(params url.Values) (any, *apiError) {
		in := new(In)
		if err := decode(params, in); err != nil {
			return nil, err
		}
		out, err := f(in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

func (s *Server) operations() map[string]operation {
	return map[string]operation{
		"CreateDBInstance":                    typed(s.createInstance),
		"DescribeDBInstances":                 typed(s.describeInstances),
		"ModifyDBInstance":                    typed(s.modifyInstance),
		"StopDBInstance":                      typed(s.stopInstance),
		"StartDBInstance":                     typed(s.startInstance),
		"RebootDBInstance":                    typed(s.rebootInstance),
		"DeleteDBInstance":                    typed(s.deleteInstance),
		"CreateDBSnapshot":                    typed(s.createSnapshot),
		"DescribeDBSnapshots":                 typed(s.describeSnapshots),
		"DescribeDBSnapshotAttributes":        typed(s.describeSnapshotAttributes),
		"DescribeEvents":                      typed(s.describeEvents),
		"DescribeDBEngineVersions":            typed(s.describeEngineVersions),
		"DescribeDBMajorEngineVersions":       typed(s.describeMajorEngineVersions),
		"DescribeOrderableDBInstanceOptions":  typed(s.describeOrderable),
		"CreateDBParameterGroup":              typed(s.createParameterGroup),
		"ModifyDBParameterGroup":              typed(s.modifyParameterGroup),
		"DescribeDBParameterGroups":           typed(s.describeParameterGroups),
		"DescribeDBParameters":                typed(s.describeParameters),
		"CreateDBSubnetGroup":                 typed(s.createSubnetGroup),
		"DescribeDBSubnetGroups":              typed(s.describeSubnetGroups),
		"DeleteDBSubnetGroup":                 typed(s.deleteSubnetGroup),
		"DeleteDBParameterGroup":              typed(s.deleteParameterGroup),
		"DescribePendingMaintenanceActions":   typed(s.describeMaintenance),
		"ApplyPendingMaintenanceAction":       typed(s.applyMaintenance),
		"CopyDBSnapshot":                      typed(s.copySnapshot),
		"DeleteDBSnapshot":                    typed(s.deleteSnapshot),
		"ModifyDBSnapshotAttribute":           typed(s.modifySnapshotAttribute),
		"DescribeDBClusterSnapshots":          typed(s.describeClusterSnapshots),
		"DescribeDBClusterSnapshotAttributes": typed(s.describeClusterSnapshotAttributes),
		"ModifyDBClusterSnapshotAttribute":    typed(s.modifyClusterSnapshotAttribute),
		"CreateEventSubscription":             typed(s.createSubscription),
		"AddTagsToResource":                   typed(s.addTags),
		"ModifyDBProxy":                       typed(s.modifyProxy),
		"DescribeDBClusters": typed(func(*rds.DescribeDBClustersInput) (*rds.DescribeDBClustersOutput, *apiError) {
			return &rds.DescribeDBClustersOutput{DBClusters: s.Clusters}, nil
		}),
		"DescribeDBInstanceAutomatedBackups": typed(func(*rds.DescribeDBInstanceAutomatedBackupsInput) (*rds.DescribeDBInstanceAutomatedBackupsOutput, *apiError) {
			return &rds.DescribeDBInstanceAutomatedBackupsOutput{DBInstanceAutomatedBackups: s.Retained}, nil
		}),
		"DescribeEventSubscriptions": typed(func(*rds.DescribeEventSubscriptionsInput) (*rds.DescribeEventSubscriptionsOutput, *apiError) {
			return &rds.DescribeEventSubscriptionsOutput{EventSubscriptionsList: s.Subscriptions}, nil
		}),
		"DescribeDBProxies": typed(func(*rds.DescribeDBProxiesInput) (*rds.DescribeDBProxiesOutput, *apiError) {
			return &rds.DescribeDBProxiesOutput{DBProxies: s.Proxies}, nil
		}),
	}
}

func invalidValue(message string) *apiError {
	return &apiError{Code: "InvalidParameterValue", Message: message}
}

func invalidCombination(message string) *apiError {
	return &apiError{Code: "InvalidParameterCombination", Message: message}
}
