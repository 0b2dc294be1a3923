package awsfake

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Alarm is an alarm of CloudWatch.
type Alarm struct {
	Name    string
	Enabled bool
	Actions []string // ARNs
}

// serveMetrics answers for CloudWatch: one datapoint of each metric, and its alarms.
func (s *Server) serveMetrics(w http.ResponseWriter, call Call) {
	const ns = ` xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"`
	name := call.Params.Get("MetricName")
	if call.Action == "DescribeAlarmsForMetric" {
		var b strings.Builder
		for _, a := range s.Alarms[name] {
			fmt.Fprintf(&b, "<member><AlarmName>%s</AlarmName><ActionsEnabled>%v</ActionsEnabled><AlarmActions>", escape(a.Name), a.Enabled)
			for _, arn := range a.Actions {
				fmt.Fprintf(&b, "<member>%s</member>", escape(arn))
			}
			b.WriteString("</AlarmActions></member>")
		}
		writeXML(w, http.StatusOK, `<DescribeAlarmsForMetricResponse`+ns+`><DescribeAlarmsForMetricResult><MetricAlarms>`+b.String()+`</MetricAlarms></DescribeAlarmsForMetricResult></DescribeAlarmsForMetricResponse>`)
		return
	}
	value := s.Connections
	if name == "FreeStorageSpace" {
		value = s.FreeStorage
	}
	point := fmt.Sprintf("<member><Timestamp>%s</Timestamp><Maximum>%g</Maximum><Minimum>%g</Minimum></member>", s.now.Format(time.RFC3339), value, value)
	if s.NoMetrics {
		point = ""
	}
	writeXML(w, http.StatusOK, `<GetMetricStatisticsResponse`+ns+`><GetMetricStatisticsResult><Datapoints>`+point+`</Datapoints></GetMetricStatisticsResult></GetMetricStatisticsResponse>`)
}

// serveSNS answers the two operations of SNS that the audit and its remedies use.
func (s *Server) serveSNS(w http.ResponseWriter, call Call) {
	arn := call.Params.Get("TopicArn")
	n, ok := s.Topics[arn]
	switch {
	case !ok:
		(&apiError{Code: "NotFound", Status: http.StatusNotFound, Message: "Topic does not exist"}).write(w, "sns", call)
	case call.Action == "Subscribe": // and the mail is confirmed
		s.Topics[arn]++
		writeXML(w, http.StatusOK, `<SubscribeResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><SubscribeResult><SubscriptionArn>pending confirmation</SubscriptionArn></SubscribeResult></SubscribeResponse>`)
	case call.Action == "ListSubscriptionsByTopic":
		member := "<member><SubscriptionArn>PendingConfirmation</SubscriptionArn></member>"
		for i := range n {
			member += fmt.Sprintf("<member><SubscriptionArn>%s:%d</SubscriptionArn></member>", escape(arn), i)
		}
		writeXML(w, http.StatusOK, `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListSubscriptionsByTopicResult><Subscriptions>`+member+`</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`)
	default:
		(&apiError{Code: "InvalidAction", Message: call.Action}).write(w, "sns", call)
	}
}

func (s *Server) serveSQS(w http.ResponseWriter, call Call) {
	name := call.Params.Get("QueueName")
	if call.Action != "GetQueueUrl" || !slices.Contains(s.Queues, name) {
		(&apiError{Code: "AWS.SimpleQueueService.NonExistentQueue", Message: "The specified queue does not exist."}).write(w, "sqs", call)
		return
	}
	writeXML(w, http.StatusOK, `<GetQueueUrlResponse><GetQueueUrlResult><QueueUrl>`+escape(s.URL+"/"+Account+"/"+name)+`</QueueUrl></GetQueueUrlResult></GetQueueUrlResponse>`)
}
