package rds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur"
)

// enginePostgres is the only engine that this tool supports. Aurora has another: aurora-postgresql.
const enginePostgres = "postgres"

func onlyPostgres(all []types.DBInstance) []types.DBInstance {
	var ours []types.DBInstance
	for _, i := range all {
		if aws.ToString(i.Engine) == enginePostgres {
			ours = append(ours, i)
		}
	}
	return ours
}

// refuseEngine returns the error for an instance of another engine, which has other settings and remedies.
func refuseEngine(i *types.DBInstance) error {
	engine := aws.ToString(i.Engine)
	if engine == enginePostgres {
		return nil
	}
	what := aws.ToString(i.DBInstanceIdentifier) + " is an instance of " + orDash(engine)
	if cluster := aws.ToString(i.DBClusterIdentifier); cluster != "" {
		what += ", a member of the cluster " + cluster
	}
	what += ": nothing was changed"
	return &Problem{
		What: what, Why: "this command supports only RDS for PostgreSQL (engine " + enginePostgres + "): for another engine its results would be wrong",
		Next: "cruddur rds status   (lists the PostgreSQL instances)", Kind: cruddur.KindInvalid,
	}
}

// noInstance returns the error for a region without a PostgreSQL instance; all lists the existing instances.
func (c *Client) noInstance(all []types.DBInstance) error {
	p := &Problem{
		What: "no PostgreSQL instance is in " + c.cfg.Region, Why: "none was made, or it is in another region or account",
		Next: "cruddur rds create   (or AWS_DEFAULT_REGION=… and try again)", Kind: cruddur.KindNotFound,
	}
	if names := engineNames(all); len(names) > 0 {
		p.Why = "there are " + strings.Join(names, ", ") + ", which this command does not know yet"
	}
	return p
}

// engineNames lists the instances of other engines, each with its engine.
func engineNames(all []types.DBInstance) []string {
	var names []string
	for _, i := range all {
		if engine := aws.ToString(i.Engine); engine != enginePostgres {
			names = append(names, aws.ToString(i.DBInstanceIdentifier)+" ("+orDash(engine)+")")
		}
	}
	return names
}

// checkCoverage reports the databases of the region that the audit does not check.
func checkCoverage(ctx context.Context, s *subject) result {
	if len(s.opts.Instances) > 0 {
		return none("only the named instances were asked for")
	}
	others := engineNames(s.all)
	clusters, err := s.clusters(ctx)
	if err != nil {
		r := unread(err)
		if len(others) > 0 {
			r.observed = "not judged yet: " + strings.Join(others, ", ") + "; clusters " + r.observed
		}
		return r
	}
	for _, c := range clusters {
		others = append(others, "cluster "+aws.ToString(c.DBClusterIdentifier)+" ("+orDash(aws.ToString(c.Engine))+")")
	}
	ours := len(onlyPostgres(s.all))
	switch {
	case len(others) > 0:
		slices.Sort(others)
		return result{state: Unknown, observed: "not judged yet: " + strings.Join(others, ", ")}
	case ours == 0:
		return none("no database is in " + s.c.cfg.Region)
	}
	return pass(fmt.Sprintf("%d PostgreSQL instances and nothing else", ours))
}

// clusters reads the database clusters of the region: Aurora and Multi-AZ.
func (s *subject) clusters(ctx context.Context) ([]types.DBCluster, error) {
	var all []types.DBCluster
	pages := rds.NewDescribeDBClustersPaginator(s.c.rds, &rds.DescribeDBClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.DBClusters...)
	}
	return all, nil
}
