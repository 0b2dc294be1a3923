package rds

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"cruddur"
	"cruddur/internal/rds/ec2query"
)

// The commands that remove what Create creates besides the instance. The policy "tool" allows them on resources with
// this tool's tag; a test runs each of them.
func deleteSubnets(name string) string {
	return "aws rds delete-db-subnet-group --db-subnet-group-name " + name
}

func deleteParameters(name string) string {
	return "aws rds delete-db-parameter-group --db-parameter-group-name " + name
}

func deleteGroup(id string) string { return "aws ec2 delete-security-group --group-id " + id }

// The descriptions of the resources that Create creates, by which they are recognised.
func subnetsFor(id string) string    { return "cruddur: subnets of " + id }
func groupFor(id string) string      { return "cruddur: door of the database " + id }
func parametersFor(id string) string { return "cruddur: parameters of " + id }

// Unfinished adds to the error of a creation which resources already exist, found by reading them from AWS, and how
// to continue or remove them. It returns an error that is not from AWS unchanged.
func (c *Client) Unfinished(ctx context.Context, id string, err error) error {
	p, ok := err.(*Problem)
	if !ok && !errors.Is(err, context.Canceled) {
		return err
	}
	if ok && (p.Code == "" && p.Kind == cruddur.KindUnavailable || sayingIs(p.Code, "InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch")) {
		return err // AWS does not answer: another read would fail the same way
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer stop()
	left, lookErr := c.made(ctx, strings.ToLower(id))
	if !ok {
		if len(left) == 0 {
			return err
		}
		p = &Problem{What: err.Error(), Kind: cruddur.KindOf(err), Err: err}
	}
	p.Left = append(p.Left, left...)
	if lookErr != nil {
		p.Left = append(p.Left, "perhaps more: what exists could not be read ("+reason(lookErr)+")")
	}
	if len(left) > 0 {
		p.Left = append(p.Left, "the same command again continues from here; to remove it instead, use the commands above, the first one first")
	}
	return p
}

// sayingIs reports whether a code has the meaning of one of the others.
func sayingIs(code string, like ...string) bool {
	s, ok := sayingOf(code)
	for _, l := range like {
		if other, _ := sayingOf(l); ok && other.what == s.what {
			return true
		}
	}
	return false
}

// made lists the existing resources of a creation, in the order in which they can be removed. The error is that of
// the first read that failed; the other reads are still made.
func (c *Client) made(ctx context.Context, id string) (left []string, err error) {
	note := func(e error) bool {
		if e != nil && err == nil {
			err = e
		}
		return e == nil
	}
	i, e := c.instance(ctx, id)
	switch {
	case e == nil && tagValue(i.TagList, tagProfile) != "":
		left = append(left, "instance "+id+" ("+aws.ToString(i.DBInstanceStatus)+"): "+deleteBroken(id))
	case e != nil && cruddur.KindOf(e) != cruddur.KindNotFound && cruddur.KindOf(e) != cruddur.KindInvalid:
		note(e)
	}
	groups, e := c.ec2.SecurityGroups(ctx, ec2query.Filter{Name: "group-name", Values: []string{id + "-db"}})
	if note(e) {
		for _, g := range groups {
			if g.Description == groupFor(id) {
				left = append(left, "security group "+g.Name+": "+deleteGroup(g.ID))
			}
		}
	}
	pages := rds.NewDescribeDBParameterGroupsPaginator(c.rds, &rds.DescribeDBParameterGroupsInput{})
	for pages.HasMorePages() {
		page, e := pages.NextPage(ctx)
		if !note(e) {
			break
		}
		for _, g := range page.DBParameterGroups {
			if name := aws.ToString(g.DBParameterGroupName); aws.ToString(g.Description) == parametersFor(id) {
				left = append(left, "parameter group "+name+": "+deleteParameters(name))
			}
		}
	}
	name := id + "-subnets"
	sets, e := c.rds.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: &name})
	if code(e) != "DBSubnetGroupNotFoundFault" && code(e) != "DBSubnetGroupNotFound" && note(e) {
		for _, g := range sets.DBSubnetGroups {
			if aws.ToString(g.DBSubnetGroupDescription) == subnetsFor(id) {
				left = append(left, "subnet group "+name+": "+deleteSubnets(name))
			}
		}
	}
	return left, err
}

// deleteBroken is the command that removes an instance without saving anything, despite its deletion protection.
func deleteBroken(id string) string {
	return "cruddur rds delete " + id + " --skip-final-snapshot --disable-deletion-protection"
}

// Leftovers returns the commands that remove what Create created besides the instance. Call it before the instance is
// deleted.
func (c *Client) Leftovers(ctx context.Context, id string) ([]string, error) {
	i, err := c.instance(ctx, id)
	if err != nil {
		return nil, err
	}
	list := []string{}
	for _, g := range i.VpcSecurityGroups {
		found, err := c.ec2.SecurityGroups(ctx, ec2query.Filter{Name: "group-id", Values: []string{aws.ToString(g.VpcSecurityGroupId)}})
		if err == nil && len(found) == 1 && found[0].Name == id+"-db" {
			list = append(list, deleteGroup(found[0].ID))
		}
	}
	for _, g := range i.DBParameterGroups {
		if name := aws.ToString(g.DBParameterGroupName); strings.HasPrefix(name, id+"-postgres") {
			list = append(list, deleteParameters(name))
		}
	}
	if g := i.DBSubnetGroup; g != nil && aws.ToString(g.DBSubnetGroupName) == id+"-subnets" {
		list = append(list, deleteSubnets(id+"-subnets"))
	}
	return list, nil
}
