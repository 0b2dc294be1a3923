// Package awsfake is a strict AWS in one process, for tests only: the operations that package rds uses, with AWS's
// own rules, error codes and envelopes, a state machine on a clock that the test sets, and faults on demand. Only
// tests may import it, and it must not be more lenient than AWS: it refuses everything unknown.
package awsfake

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds/ec2query"
)

// Account is the account number of every ARN, Region the default region, and the key pair the
// only credentials that the fake accepts.
const (
	Account   = "123456789012"
	Region    = "eu-central-1"
	AccessKey = "AKIAFAKEFAKEFAKEFAKE"
	SecretKey = "fake/secret+key/of/forty/characters/fake"
)

// Call is one request that arrived, successful or not.
type Call struct {
	Service, Action string
	Params          url.Values // of query services
	Body            string     // of the others
}

// Fault makes calls of an action fail.
type Fault struct {
	Action  string // "" for every action
	Code    string
	Message string
	Status  int  // 0 means 400
	Times   int  // how many calls; 0 means all
	Empty   bool // answer with a status and no envelope at all, as emulators do
}

// Server is the fake. Its exported fields are set before, or between, requests.
type Server struct {
	URL string

	// The state of the services that package rds only reads, as their JSON answers.
	Trails         []map[string]any
	TrailLogging   bool
	TrailSelectors []map[string]any
	TrailStatus    map[string]any // overrides fields of the answer to GetTrailStatus
	TrailAdvanced  []map[string]any
	Targets        map[string][]string // of EventRules, by the rule's name
	Topics         map[string]int      // of SNS by ARN: the confirmed subscribers
	Queues         []string            // of SQS, by name
	LogGroups      []string            // besides those of instances
	Alarms         map[string][]Alarm  // of CloudWatch, by the metric's name
	KeyStates      map[string]string   // of KMS; "" means Enabled
	Detectors      map[string]map[string]any
	MetricFilters  []map[string]any
	EventRules     []map[string]any
	LogRetention   int // days; 0 means for ever
	KeyManagers    map[string]string
	BackupArns     []string
	BackupAge      time.Duration // since the last backup of each
	Connections    float64       // the AWS/RDS metric DatabaseConnections, maximum
	FreeStorage    float64       // bytes
	Lambda         map[string]any
	LambdaPolicy   string
	Policies       []map[string]any // of the organisation
	CheckIP        string           // what GET /checkip answers
	IgnoreModify   bool             // accept changes of rules without making them
	PrefixLists    map[string][]string
	Subscriptions  []types.EventSubscription
	Proxies        []types.DBProxy
	Clusters       []types.DBCluster
	Retained       []types.DBInstanceAutomatedBackup
	Maintenance    []types.ResourcePendingMaintenanceActions
	NoMetrics      bool // CloudWatch has no datapoints

	http *httptest.Server

	mu          sync.Mutex
	now         time.Time
	serial      int
	calls       []Call
	faults      []Fault
	denied      map[string]bool
	allowed     []permission // none means all
	instances   map[string]*instance
	snapshots   map[string]*snapshot
	clusterSets map[string]*clusterSnapshot
	groups      map[string]*parameterGroup
	subnetSets  map[string]*subnetSet
	secrets     map[string]*Secret
	events      []event
	Vpcs        []ec2query.Vpc
	Subnets     []ec2query.Subnet
	RouteTables []ec2query.RouteTable
	Endpoints   []ec2query.Endpoint
	NetworkAcls []ec2query.NetworkAcl
	security    map[string]ec2query.SecurityGroup
	rules       map[string]ec2query.Rule
}

// New starts a fake with one default VPC (three public subnets) and one of private subnets.
func New() *Server {
	s := &Server{
		now:          time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC),
		denied:       map[string]bool{},
		instances:    map[string]*instance{},
		snapshots:    map[string]*snapshot{},
		clusterSets:  map[string]*clusterSnapshot{},
		Targets:      map[string][]string{},
		Topics:       map[string]int{},
		Alarms:       map[string][]Alarm{},
		KeyStates:    map[string]string{},
		groups:       map[string]*parameterGroup{},
		subnetSets:   map[string]*subnetSet{},
		secrets:      map[string]*Secret{},
		security:     map[string]ec2query.SecurityGroup{},
		rules:        map[string]ec2query.Rule{},
		KeyManagers:  map[string]string{},
		LogRetention: 30,
		FreeStorage:  15 << 30,
		CheckIP:      "198.51.100.7",
	}
	s.network()
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s
}

// Close stops the server.
func (s *Server) Close() { s.http.Close() }

// Now is the fake's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Advance moves the clock and lets instances change state.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	s.settle()
}

// Sleep advances the clock instead of waiting; it fits rds.Client.Sleep.
func (s *Server) Sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.Advance(d)
	return nil
}

// Deny refuses actions such as "rds:DescribeDBInstances" with AccessDenied.
func (s *Server) Deny(actions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range actions {
		s.denied[a] = true
	}
}

// Fail adds a fault to inject.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// Calls returns the actions called since the previous Calls, in order, except the named ones.
func (s *Server) Calls(except ...string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, c := range s.calls {
		if !slices.Contains(except, c.Action) {
			names = append(names, c.Action)
		}
	}
	s.calls = nil
	return names
}

// Actions returns the IAM actions of the calls since the last Calls or Actions.
func (s *Server) Actions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, c := range s.calls {
		names = append(names, c.iam())
	}
	s.calls = nil
	return names
}

// Last returns the last call of an action.
func (s *Server) Last(action string) (Call, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range slices.Backward(s.calls) {
		if c.Action == action {
			return c, true
		}
	}
	return Call{}, false
}

func (s *Server) id(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s-%017x", prefix, 0xfa4e000000+s.serial)
}

// ServeHTTP authenticates, injects faults and dispatches.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/checkip" { // replaces the address services of the internet
		fmt.Fprintln(w, s.CheckIP)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	service, apiErr := authenticate(r, body)
	call := Call{Service: service, Body: string(body)}
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		_, call.Action, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if i := strings.LastIndexByte(call.Action, '.'); i >= 0 { // CloudTrail's target holds dots
			call.Action = call.Action[i+1:]
		}
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		call.Params, _ = url.ParseQuery(string(body))
		call.Action = call.Params.Get("Action")
	default:
		call.Action = restAction(service, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	s.settle()
	if apiErr == nil {
		apiErr = s.fault(call)
	}
	if apiErr != nil {
		apiErr.write(w, service, call)
		return
	}
	s.dispatch(w, r, call)
}

func (s *Server) fault(call Call) *apiError {
	name := call.Service + ":" + call.Action
	if s.denied[name] || s.denied[call.Service+":*"] || !s.allows(call) {
		return &apiError{Code: "AccessDenied", Status: http.StatusForbidden, Message: fmt.Sprintf(
			"User: arn:aws:iam::%s:user/tester is not authorized to perform: %s because no identity-based policy allows the %s action", Account, name, name)}
	}
	for i := range s.faults {
		f := &s.faults[i]
		if f.Action != "" && f.Action != call.Action || f.Times < 0 {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				f.Times = -1
			}
		}
		return &apiError{Code: f.Code, Message: f.Message, Status: f.Status, empty: f.Empty}
	}
	return nil
}

func (s *Server) dispatch(w http.ResponseWriter, r *http.Request, call Call) {
	switch call.Service {
	case "rds":
		s.serveRDS(w, call)
	case "ec2":
		s.serveEC2(w, call)
	case "sts":
		s.serveSTS(w, call)
	case "monitoring":
		s.serveMetrics(w, call)
	case "sns":
		s.serveSNS(w, call)
	case "sqs":
		s.serveSQS(w, call)
	default:
		s.serveJSON(w, r, call)
	}
}
