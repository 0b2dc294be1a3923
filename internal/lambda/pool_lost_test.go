package lambda

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TestSetTriggerSeesEverything loses each field of a described pool in turn: whatever it is, it is told.
func TestSetTriggerSeesEverything(t *testing.T) {
	t.Parallel()
	pool := reflect.TypeFor[types.UserPoolType]()
	for i := range pool.NumField() {
		name := pool.Field(i).Name
		if !pool.Field(i).IsExported() || name == "Id" || name == "LambdaConfig" {
			continue
		}
		f := &fakePools{pool: *fullPool()}
		f.pool.Id = aws.String("ca-central-1_Example")
		f.pool.AdminCreateUserConfig.UnusedAccountValidityDays = 0
		f.lose = func(p *types.UserPoolType, _ int) { reflect.ValueOf(p).Elem().FieldByName(name).SetZero() }
		c := &Client{Pools: f, Poll: time.Millisecond, Patience: time.Second}
		err := c.setTrigger(t.Context(), "ca-central-1_Example", "arn:function")
		if moves := slices.Contains(moving, name); moves != (err == nil) || err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// AWS lists the attributes of a schema in any order.
func TestSameValueOrder(t *testing.T) {
	t.Parallel()
	list := func(names ...string) reflect.Value {
		var all []types.SchemaAttributeType
		for _, n := range names {
			all = append(all, types.SchemaAttributeType{Name: &n})
		}
		return reflect.ValueOf(all)
	}
	if !sameValue(list("a", "b"), list("b", "a")) {
		t.Error("another order is another list")
	}
	if sameValue(list("a", "b"), list("a", "c")) || sameValue(list("a", "b"), list("a", "a")) || sameValue(list("a"), list("a", "b")) {
		t.Error("another element is the same list")
	}
}
