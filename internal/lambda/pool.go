package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cruddur"
)

// updateInput copies every setting of a pool that UpdateUserPool accepts. UpdateUserPool resets a missing setting to
// its default (see "Updating user pool and app client configuration" in Cognito's guide), so no setting may be
// missing here; a test fails when the SDK gains a field.
func updateInput(p *types.UserPoolType) *idp.UpdateUserPoolInput {
	in := &idp.UpdateUserPoolInput{
		UserPoolId:                  p.Id,
		AccountRecoverySetting:      p.AccountRecoverySetting,
		AdminCreateUserConfig:       p.AdminCreateUserConfig,
		AutoVerifiedAttributes:      p.AutoVerifiedAttributes,
		DeletionProtection:          p.DeletionProtection,
		DeviceConfiguration:         p.DeviceConfiguration,
		EmailConfiguration:          p.EmailConfiguration,
		EmailVerificationMessage:    p.EmailVerificationMessage,
		EmailVerificationSubject:    p.EmailVerificationSubject,
		IssuerConfiguration:         p.IssuerConfiguration,
		KeyConfiguration:            p.KeyConfiguration,
		LambdaConfig:                p.LambdaConfig,
		MfaConfiguration:            p.MfaConfiguration,
		Policies:                    p.Policies,
		PoolName:                    p.Name,
		SmsAuthenticationMessage:    p.SmsAuthenticationMessage,
		SmsConfiguration:            p.SmsConfiguration,
		SmsVerificationMessage:      p.SmsVerificationMessage,
		UserAttributeUpdateSettings: p.UserAttributeUpdateSettings,
		UserPoolAddOns:              p.UserPoolAddOns,
		UserPoolTags:                p.UserPoolTags,
		UserPoolTier:                p.UserPoolTier,
		VerificationMessageTemplate: p.VerificationMessageTemplate,
	}
	if a := in.AdminCreateUserConfig; a != nil && a.UnusedAccountValidityDays != 0 &&
		p.Policies != nil && p.Policies.PasswordPolicy != nil && p.Policies.PasswordPolicy.TemporaryPasswordValidityDays != 0 {
		// DescribeUserPool returns both; UpdateUserPool accepts only the one that is not deprecated.
		c := *a
		c.UnusedAccountValidityDays = 0
		in.AdminCreateUserConfig = &c
	}
	return in
}

// withTrigger returns a copy of in with arn as the post-confirmation trigger, or without one if arn is "". All other
// triggers stay.
func withTrigger(in *idp.UpdateUserPoolInput, arn string) *idp.UpdateUserPoolInput {
	c := *in
	config := types.LambdaConfigType{}
	if in.LambdaConfig != nil {
		config = *in.LambdaConfig
	}
	config.PostConfirmation = nil
	if arn != "" {
		config.PostConfirmation = &arn
	}
	c.LambdaConfig = &config
	return &c
}

func trigger(p *types.UserPoolType) string {
	if p.LambdaConfig == nil {
		return ""
	}
	return aws.ToString(p.LambdaConfig.PostConfirmation)
}

func (c *Client) pool(ctx context.Context, id string) (*types.UserPoolType, error) {
	out, err := c.Pools.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: &id})
	if isCode(err, "ResourceNotFoundException") {
		return nil, cruddur.Errorf(cruddur.KindNotFound, "there is no user pool %s in this account and region", id)
	}
	if err != nil {
		return nil, explain("describe the user pool "+id, err)
	}
	return out.UserPool, nil
}

// trigger makes the pool call the function after a confirmation.
func (r *run) trigger(ctx context.Context, arn string) error {
	pool, err := r.pool(ctx, r.PoolID)
	if err != nil {
		return err
	}
	step := Step{What: "trigger", Name: r.PoolID, Action: Unchanged}
	have := trigger(pool)
	switch {
	case have == arn:
	case have == "":
		step.Action, step.Detail = Create, "the pool calls the function after a confirmation; its other settings stay"
	case !r.ReplaceTrigger:
		return cruddur.Errorf(cruddur.KindForbidden, "the pool's post-confirmation trigger is %s already: --replace-trigger takes it over", have)
	default:
		step.Action, step.Detail = Update, "instead of "+have
	}
	if step.Action != Unchanged {
		step.Calls = []string{r.poolCall(withTrigger(updateInput(pool), arn))}
	}
	return r.step(ctx, step, func(ctx context.Context) error { return r.setTrigger(ctx, r.PoolID, arn) })
}

// poolCall returns the aws command for an UpdateUserPool, with every field in its file.
func (r *run) poolCall(in *idp.UpdateUserPoolInput) string {
	b, _ := json.MarshalIndent(in, "", "  ")
	return command("cognito-idp", "update-user-pool", "--cli-input-json", r.file("user-pool.json", string(withoutNulls(b))))
}

// withoutNulls drops members that are null or "": the AWS CLI does not accept null, and "" means an enumeration that
// is not set.
func withoutNulls(b []byte) []byte {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return b
	}
	var clean func(any) any
	clean = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				if e = clean(e); e == nil || e == "" {
					delete(v, k)
				} else {
					v[k] = e
				}
			}
		case []any:
			for i := range v {
				v[i] = clean(v[i])
			}
		}
		return v
	}
	out, err := json.MarshalIndent(clean(v), "", "  ")
	if err != nil {
		return b
	}
	return out
}

// setTrigger changes one setting of a pool and verifies that nothing else has changed: describe, copy everything,
// change, update, describe, compare, and restore everything on any difference.
func (c *Client) setTrigger(ctx context.Context, id, arn string) error {
	before, err := c.pool(ctx, id)
	if err != nil {
		return err
	}
	mfa, err := c.mfa(ctx, id)
	if err != nil {
		return err
	}
	want := withTrigger(updateInput(before), arn)
	if err := c.updatePool(ctx, want); err != nil {
		return err
	}
	if err := c.restoreMFA(ctx, id, mfa); err != nil {
		return fmt.Errorf("the trigger is set, and the second factors are not what they were: %w", err)
	}
	lost, err := c.lost(ctx, id, before, want, mfa)
	if err != nil || len(lost) == 0 {
		return err
	}
	doing := fmt.Sprintf("setting the trigger of %s also changed %s", id, strings.Join(lost, ", "))
	if err := c.restore(ctx, id, updateInput(before), mfa); err != nil {
		return fmt.Errorf("%s, and putting it back failed: %w", doing, err)
	}
	still, err := c.lost(ctx, id, before, updateInput(before), mfa)
	if err != nil {
		return fmt.Errorf("%s, and what was put back cannot be read: %w", doing, err)
	}
	if len(still) > 0 {
		return fmt.Errorf("%s, and Cognito does not take back %s: the trigger is not set; look at the pool in its console", doing, strings.Join(still, ", "))
	}
	return fmt.Errorf("%s; all is as it was before, the trigger is not set", doing)
}

// updatePool retries while somebody else changes the pool. For a pool with an authenticator app as the only second
// factor, DescribeUserPool returns an MfaConfiguration that UpdateUserPool refuses because SMS is missing; it is then
// left out, and restoreMFA sets it again.
func (c *Client) updatePool(ctx context.Context, in *idp.UpdateUserPoolInput) error {
	r := run{Client: c}
	update := func(in *idp.UpdateUserPoolInput) error {
		return r.retry(ctx, func() error {
			_, err := c.Pools.UpdateUserPool(ctx, in)
			return err
		}, func(err error) bool {
			return isCode(err, "ConcurrentModificationException", "TooManyRequestsException")
		})
	}
	err := update(in)
	if isCode(err, "InvalidParameterException") && in.MfaConfiguration != "" && (strings.Contains(err.Error(), "SMS") || strings.Contains(err.Error(), "MFA")) {
		without := *in
		without.MfaConfiguration = ""
		return update(&without)
	}
	return err
}

// restoreMFA sets the second factors to their former state.
func (c *Client) restoreMFA(ctx context.Context, id string, mfa *idp.SetUserPoolMfaConfigInput) error {
	if mfa == nil {
		return nil
	}
	now, err := c.mfa(ctx, id)
	if err != nil || now == nil || len(differentFields(mfa, now)) == 0 {
		return err
	}
	_, err = c.Pools.SetUserPoolMfaConfig(ctx, mfa)
	return err
}

// mfa reads the second factors of a pool, which UpdateUserPool covers only in part. nil means that this endpoint does
// not support it.
func (c *Client) mfa(ctx context.Context, id string) (*idp.SetUserPoolMfaConfigInput, error) {
	out, err := c.Pools.GetUserPoolMfaConfig(ctx, &idp.GetUserPoolMfaConfigInput{UserPoolId: &id})
	if isCode(err, "AccessDeniedException") {
		return nil, explain("read the second factors of the user pool", err)
	}
	if err != nil {
		return nil, nil
	}
	return &idp.SetUserPoolMfaConfigInput{
		UserPoolId: &id, EmailMfaConfiguration: out.EmailMfaConfiguration, MfaConfiguration: out.MfaConfiguration,
		SmsMfaConfiguration: out.SmsMfaConfiguration, SoftwareTokenMfaConfiguration: out.SoftwareTokenMfaConfiguration,
		WebAuthnConfiguration: out.WebAuthnConfiguration,
	}, nil
}

// moving are the fields of a described pool that change without an update.
var moving = []string{"EstimatedNumberOfUsers", "LastModifiedDate", "Status", "EmailConfigurationFailure", "SmsConfigurationFailure"}

// lost lists the settings of the pool that are not as expected: those that the update sent, and all others, which
// must be unchanged.
func (c *Client) lost(ctx context.Context, id string, before *types.UserPoolType, want *idp.UpdateUserPoolInput, mfa *idp.SetUserPoolMfaConfigInput) ([]string, error) {
	pool, err := c.pool(ctx, id)
	if err != nil {
		return nil, err
	}
	lost := differentFields(want, updateInput(pool))
	sent := reflect.TypeFor[idp.UpdateUserPoolInput]()
	for _, f := range differentFields(before, pool) {
		if _, settable := sent.FieldByName(f); !settable && f != "Name" && !slices.Contains(moving, f) { // Name is sent as PoolName
			lost = append(lost, f)
		}
	}
	if mfa != nil {
		now, err := c.mfa(ctx, id)
		if err != nil {
			return nil, err
		}
		if now != nil {
			for _, f := range differentFields(mfa, now) {
				lost = append(lost, "MFA "+f)
			}
		}
	}
	return lost, nil
}

func (c *Client) restore(ctx context.Context, id string, in *idp.UpdateUserPoolInput, mfa *idp.SetUserPoolMfaConfigInput) error {
	if err := c.updatePool(ctx, in); err != nil {
		return err
	}
	return c.restoreMFA(ctx, id, mfa)
}

// differentFields names the exported fields in which two structs differ; an empty value and a missing one are equal.
func differentFields(a, b any) []string {
	va, vb := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	var names []string
	for i := range va.NumField() {
		f := va.Type().Field(i)
		if f.IsExported() && !sameValue(va.Field(i), vb.Field(i)) {
			names = append(names, f.Name)
		}
	}
	return names
}

// sameValue is reflect.DeepEqual, except that a pointer to an empty struct, an empty map or an empty list equals nil,
// and that a list's order does not count: AWS's answers are not consistent in these.
func sameValue(a, b reflect.Value) bool {
	if at, ok := a.Interface().(time.Time); ok {
		return at.Equal(b.Interface().(time.Time))
	}
	if empty(a) && empty(b) {
		return true
	}
	if empty(a) != empty(b) {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer:
		return sameValue(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() && !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		return a.Len() == b.Len() && within(a, b) && within(b, a)
	default:
		return reflect.DeepEqual(a.Interface(), b.Interface())
	}
}

// within reports whether every element of one list is in the other.
func within(a, b reflect.Value) bool {
	for i := range a.Len() {
		found := false
		for j := 0; j < b.Len() && !found; j++ {
			found = sameValue(a.Index(i), b.Index(j))
		}
		if !found {
			return false
		}
	}
	return true
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || v.Elem().Kind() == reflect.Struct && empty(v.Elem())
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v.IsZero()
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !empty(v.Field(i)) {
				return false
			}
		}
		return true
	default:
		return v.IsZero()
	}
}
