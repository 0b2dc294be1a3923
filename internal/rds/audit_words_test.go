package rds_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/rds"
	"cruddur/internal/rds/ec2query"
)

// wording is the good world with one change, and what the check then says and advises; "" is not compared.
type wording struct {
	name             string
	observed, remedy string
	change           func(*world)
}

func words(t *testing.T, check string, wordings []wording) {
	t.Helper()
	t.Run(check, func(t *testing.T) {
		t.Parallel()
		for _, v := range wordings {
			t.Run(v.name, func(t *testing.T) {
				t.Parallel()
				w := goodWorld(t)
				v.change(w)
				f := w.audit(check).Findings[0]
				if v.observed != "" && f.Observed != v.observed {
					t.Errorf("%s observes\n%s, want\n%s", check, f.Observed, v.observed)
				}
				if v.remedy != "" && f.Remedy != v.remedy {
					t.Errorf("%s (%s) advises\n%s, want\n%s", check, f.Observed, f.Remedy, v.remedy)
				}
			})
		}
	})
}

const modifyIt = "aws rds modify-db-instance --db-instance-identifier cruddur "

// TestRemediesOfNetwork wants no more closed, and nothing else changed, than the verdict asks for.
func TestRemediesOfNetwork(t *testing.T) {
	t.Parallel()
	rules := func(c ...string) func(*world) { // in two groups, by turns
		return func(w *world) {
			w.s.AddGroup("vpc-0private", "second")
			secondGroup("sg-0defaultprivate")(w)
			for i, cidr := range c {
				w.s.AddRule(ec2query.Rule{GroupID: []string{w.i.Groups[0], "sg-0defaultprivate"}[i%2], Protocol: "-1", FromPort: -1, ToPort: -1, CIDR: cidr, Description: "x"})
			}
		}
	}
	revoke := func(w *world) (first, second string) {
		const command = "aws ec2 revoke-security-group-ingress --group-id %s --security-group-rule-ids"
		return fmt.Sprintf(command, w.i.Groups[0]), fmt.Sprintf(command, "sg-0defaultprivate")
	}
	for check, test := range map[string]struct {
		cidrs  []string
		remedy func(first, second string, ids []string) string
	}{
		"sg-no-world": {[]string{"203.0.113.7/32", "0.0.0.0/0", "11.0.0.0/9"}, func(_, second string, ids []string) string { return second + " " + ids[1] }},
		"sg-narrow": {[]string{"203.0.0.0/23", "198.51.100.0/24", "192.0.2.0/23", "203.1.0.0/22"}, func(first, second string, ids []string) string {
			return first + " " + ids[0] + " " + ids[2] + " && " + second + " " + ids[3]
		}},
	} {
		w := goodWorld(t)
		rules(test.cidrs...)(w)
		first, second := revoke(w)
		byRange := map[string]string{}
		for _, g := range []string{w.i.Groups[0], "sg-0defaultprivate"} {
			for _, r := range w.s.Rules(g) {
				byRange[r.CIDR] = r.ID
			}
		}
		var ids []string
		for _, c := range test.cidrs {
			ids = append(ids, byRange[c])
		}
		want := test.remedy(first, second, ids) + "   (then cruddur rds allow-ip cruddur)"
		if f := w.audit(check).Findings[0]; f.Remedy != want {
			t.Errorf("%s (%s) advises\n%s, want\n%s", check, f.Observed, f.Remedy, want)
		}
	}
	w := goodWorld(t)
	group := w.i.Groups[0]
	words(t, "sg-not-default", []wording{
		{"beside another", "sg-0defaultprivate is the VPC's default group", modifyIt + "--vpc-security-group-ids " + group, secondGroup("sg-0defaultprivate")},
		{
			"alone", "sg-0defaultprivate is the VPC's default group",
			modifyIt + `--vpc-security-group-ids "$(aws ec2 create-security-group --group-name cruddur-db --description 'the database cruddur' --vpc-id vpc-0private --query GroupId --output text)"   (then admit the application's group and cruddur rds allow-ip cruddur: the new group admits nobody)`,
			set(func(i *types.DBInstance) { i.VpcSecurityGroups[0].VpcSecurityGroupId = str("sg-0defaultprivate") }),
		},
	})
	const table = "   (TABLE is a route table of the VPC without an internet gateway; AWS refuses to move the instance to another subnet group of the same VPC)"
	words(t, "private-subnet", []wording{
		{"a table of its own", "route to the internet: subnet-0private1", "aws ec2 replace-route-table-association --association-id assoc-subnet-0private1 --route-table-id TABLE" + table, ownTable("subnet-0private1", "igw-1")},
		{
			"the VPC's table", "route to the internet: subnet-0private0, subnet-0private2", "aws ec2 associate-route-table --subnet-id subnet-0private0 --route-table-id TABLE && aws ec2 associate-route-table --subnet-id subnet-0private2 --route-table-id TABLE" + table,
			all(ownTable("subnet-0private1", "nat-1"), func(w *world) { w.s.RouteTables[1].Routes[0].GatewayID = "igw-1" }),
		},
		{
			"no table", "could not be read: AWS's answer has no route table of subnet-0private0, subnet-0private1, subnet-0private2 in vpc-0private", "",
			func(w *world) { w.s.RouteTables = w.s.RouteTables[:1] },
		},
	})
}

func TestRemediesOfStorage(t *testing.T) {
	t.Parallel()
	disk := func(have, most int32, free float64) func(*world) {
		return func(w *world) {
			w.db(func(i *types.DBInstance) { i.AllocatedStorage, i.MaxAllocatedStorage = &have, &most })
			w.s.FreeStorage = free
		}
	}
	grow := func(gib int) string {
		return modifyIt + fmt.Sprintf("--allocated-storage %d --apply-immediately   (or delete what is not needed)", gib)
	}
	words(t, "autoscale", []wording{
		{"no bound", "20 GiB, no growth", modifyIt + "--max-allocated-storage 100", disk(20, 0, 1<<40)},
		{"no bound of a larger disk", "60 GiB, no growth", modifyIt + "--max-allocated-storage 120", disk(60, 60, 1<<40)},
		{"less than a tenth", "60 GiB, may grow to 65: RDS grows a disk by a tenth at least", modifyIt + "--max-allocated-storage 120", disk(60, 65, 1<<40)},
		{"almost full", "16 GiB, may grow to 100; 1.5 GiB free", grow(26), disk(16, 100, 3<<29)},
		{"a larger one is", "60 GiB, may grow to 100; 1.5 GiB free", grow(90), disk(60, 100, 3<<29)},
	})
	points := `<R><GetMetricStatisticsResult><Datapoints>` +
		`<member><Maximum>7</Maximum><Minimum>3e9</Minimum></member><member><Maximum>9</Maximum><Minimum>2e9</Minimum></member><member><Maximum>8</Maximum><Minimum>4e9</Minimum></member>` +
		`</Datapoints></GetMetricStatisticsResult></R>`
	words(t, "autoscale", []wording{{"several days", "20 GiB, may grow to 100; 1.9 GiB free", grow(30), given("GetMetricStatistics", points)}})
	words(t, "idle", []wording{{"several days", "at most 9 connections at once", "", given("GetMetricStatistics", points)}})
	verdicts(t, "idle", []variant{{"a number that is none", rds.Unknown, given("GetMetricStatistics", `<R><GetMetricStatisticsResult><Datapoints><member/></Datapoints></GetMetricStatisticsResult></R>`)}})
	for check, days := range map[string]int{"idle": 7, "autoscale": 1} {
		w := goodWorld(t)
		w.audit(check)
		call, _ := w.s.Last("GetMetricStatistics")
		now := w.s.Now().UTC()
		if from, to := call.Params.Get("StartTime"), call.Params.Get("EndTime"); from != now.AddDate(0, 0, -days).Format(time.RFC3339) || to != now.Format(time.RFC3339) {
			t.Errorf("%s looks from %s to %s at %s, want the last %d days", check, from, to, now, days)
		}
	}
	two := set(func(i *types.DBInstance) {
		i.TagList = []types.Tag{{Key: str("a")}, {Key: str("aws:b")}, {Key: str("c")}}
	})
	words(t, "tags", []wording{{"two of its own", "2 tags", "", two}})
}

// TestRemediesOfSnapshots wants a command for each snapshot that one can mend, and words for the others.
func TestRemediesOfSnapshots(t *testing.T) {
	t.Parallel()
	no, yes := aws.Bool(false), aws.Bool(true)
	encrypt := func(id string) string {
		return "aws rds copy-db-snapshot --source-db-snapshot-identifier " + id + " --target-db-snapshot-identifier " + id + "-encrypted --kms-key-id alias/aws/rds --copy-tags" +
			" && aws rds wait db-snapshot-available --db-snapshot-identifier " + id + "-encrypted && aws rds delete-db-snapshot --db-snapshot-identifier " + id
	}
	hint := func(ids string) string {
		return "no command encrypts a snapshot of a cluster or of AWS Backup (" + ids + "): restore it with --kms-key-id, take a new one, then delete the old one where it was made"
	}
	const twice = `<R><DescribeDBSnapshotsResult><DBSnapshots><DBSnapshot><DBSnapshotIdentifier>a</DBSnapshotIdentifier><Encrypted>true</Encrypted></DBSnapshot>` +
		`<DBSnapshot><Encrypted>true</Encrypted></DBSnapshot><DBSnapshot><Encrypted>true</Encrypted></DBSnapshot></DBSnapshots></DescribeDBSnapshotsResult></R>`
	words(t, "snapshots-encrypted", []wording{
		{"of an instance", "snapshot a", encrypt("a"), snapshot("a", no, "manual")},
		{"two", "snapshot a, snapshot b", encrypt("a") + " && " + encrypt("b"), all(snapshot("a", no, "manual"), snapshot("b", no, "manual"))},
		{"of AWS Backup", "snapshot a", hint("a"), snapshot("a", no, "awsbackup")},
		{"of a cluster", "cluster snapshot a", hint("a"), clusterSnapshot("a", no, "manual")},
		{"of a cluster, of AWS Backup", "cluster snapshot a", hint("a"), clusterSnapshot("a", no, "awsbackup")},
		{"of each", "cluster snapshot c, snapshot a, snapshot b", encrypt("b") + "   (" + hint("c, a") + ")", all(snapshot("a", no, "awsbackup"), snapshot("b", no, "manual"), clusterSnapshot("c", no, "manual"))},
		{"the rest cannot be read", "snapshot a; the rest could not be read: AWS's answer does not say whether snapshot b is encrypted", encrypt("a"), all(snapshot("a", no, "manual"), snapshot("b", nil, "manual"))},
		{"both types answer one with a name and two without", "5 snapshots, all encrypted", "", given("DescribeDBSnapshots", twice)},
	})
	withdraw := func(cluster, id, who string) string {
		return "aws rds modify-db-" + cluster + "snapshot-attribute --db-" + cluster + "snapshot-identifier " + id + " --attribute-name restore --values-to-remove " + who
	}
	words(t, "snapshots-private", []wording{
		{"of an instance", "snapshot a with all and 999999999999", withdraw("", "a", "all 999999999999"), snapshot("a", yes, "manual", "all", "999999999999")},
		{"of a cluster", "cluster snapshot a with all", withdraw("cluster-", "a", "all"), clusterSnapshot("a", yes, "manual", "all")},
		{"a friend stays", "snapshot a with all", withdraw("", "a", "all"), all(snapshot("a", yes, "manual", "all", "999999999999"), func(w *world) { w.o.AllowedAccounts = []string{"999999999999"} })},
		{"two", "cluster snapshot b with all, snapshot a with all", withdraw("cluster-", "b", "all") + " && " + withdraw("", "a", "all"), all(snapshot("a", yes, "manual", "all"), clusterSnapshot("b", yes, "manual", "all"))},
	})
}
