package rds

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Commands returns the AWS CLI's commands for the whole plan, in the order to run them: first for the resources
// besides the instance, then for the instance.
func (p *Plan) Commands() []string {
	var all []string
	id := p.ID()
	var tags, pairs []string
	for _, t := range p.Input.Tags {
		tags = append(tags, "Key="+aws.ToString(t.Key)+",Value="+aws.ToString(t.Value))
		pairs = append(pairs, "{Key="+aws.ToString(t.Key)+",Value="+aws.ToString(t.Value)+"}")
	}
	if p.SubnetGroup != "" {
		all = append(all, "aws rds create-db-subnet-group --db-subnet-group-name "+p.SubnetGroup+" --db-subnet-group-description "+shell(subnetsFor(id))+
			" \\\n  --subnet-ids "+shell(p.SubnetIDs...)+" \\\n  --tags "+shell(tags...))
	}
	if p.SecurityGroup != "" {
		pairs = append([]string{"{Key=Name,Value=" + p.SecurityGroup + "}"}, pairs...)
		all = append(all, "aws ec2 create-security-group --group-name "+p.SecurityGroup+" --description "+shell(groupFor(id))+" --vpc-id "+p.VPC+
			" \\\n  --tag-specifications "+shell("ResourceType=security-group,Tags=["+strings.Join(pairs, ",")+"]"))
	}
	if p.ParameterGroup != "" {
		all = append(all, "aws rds create-db-parameter-group --db-parameter-group-name "+p.ParameterGroup+" --db-parameter-group-family "+p.family()+
			" --description "+shell(parametersFor(id))+" \\\n  --tags "+shell(tags...))
		var values []string
		for _, v := range p.Parameters {
			values = append(values, "ParameterName="+aws.ToString(v.ParameterName)+",ParameterValue="+aws.ToString(v.ParameterValue)+",ApplyMethod="+string(v.ApplyMethod))
		}
		all = append(all, "aws rds modify-db-parameter-group --db-parameter-group-name "+p.ParameterGroup+" \\\n  --parameters "+shell(values...))
	}
	return append(all, p.Command())
}

// family returns the family of the plan's parameter group, which is the end of the group's name.
func (p *Plan) family() string {
	return "postgres" + p.ParameterGroup[strings.LastIndex(p.ParameterGroup, "-postgres")+len("-postgres"):]
}

// Command returns the AWS CLI's command for the instance itself, without a given password.
func (p *Plan) Command() string {
	in := *p.Input
	if in.DBSubnetGroupName == nil && p.SubnetGroup != "" {
		in.DBSubnetGroupName = &p.SubnetGroup
	}
	if in.DBParameterGroupName == nil && p.ParameterGroup != "" {
		in.DBParameterGroupName = &p.ParameterGroup
	}
	if len(in.VpcSecurityGroupIds) == 0 && p.SecurityGroup != "" {
		in.VpcSecurityGroupIds = []string{"$(aws ec2 describe-security-groups --filters Name=group-name,Values=" + p.SecurityGroup + " Name=vpc-id,Values=" + p.VPC + " --query 'SecurityGroups[0].GroupId' --output text)"}
		text := awsCommand("rds create-db-instance", &in)
		return strings.Replace(text, shell(in.VpcSecurityGroupIds...), `"`+in.VpcSecurityGroupIds[0]+`"`, 1)
	}
	return awsCommand("rds create-db-instance", &in)
}
