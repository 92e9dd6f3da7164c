"""How a station of OCPP 2.x obeys: variables, reports, monitoring, display messages, customer information."""

from __future__ import annotations

from typing import Any

from console.simulator.clock import stamp
from console.simulator.v2.answering import Answering
from console.simulator.v2.model import Variable
from console.simulator.wire import on

PART = 20


class Reports(Answering):
    """Handlers for the device model and for what is reported from it."""

    def _now(self) -> str:
        return stamp(self.station.clock.now())

    # --- variables (B05, B06) -----------------------------------------------------------------------------------

    @on("GetVariables")
    def on_get_variables(self, **_: Any) -> Any:
        """Values, one result for each that was asked for."""
        return self.answer(
            "GetVariables", get_variable_result=[self._get(item) for item in self.request["getVariableData"]]
        )

    def _get(self, item: dict[str, Any]) -> dict[str, Any]:
        result = {"component": item["component"], "variable": item["variable"]}
        if "attributeType" in item:
            result["attributeType"] = item["attributeType"]
        status, variable = self._look_up(item)
        if variable is not None and variable.mutability == "WriteOnly":
            status = "Rejected"
        if status == "Accepted" and variable is not None:
            result["attributeValue"] = variable.actual()
        return {"attributeStatus": status, **result}

    def _look_up(self, item: dict[str, Any]) -> tuple[str, Variable | None]:
        model = self.speech.model
        if not model.knows_component(item["component"]):
            return "UnknownComponent", None
        found = model.find(item["component"], item["variable"])
        if not found:
            return "UnknownVariable", None
        if item.get("attributeType", "Actual") != "Actual":
            return "NotSupportedAttributeType", None
        return "Accepted", found[0]

    @on("SetVariables")
    def on_set_variables(self, **_: Any) -> Any:
        """New values, each with its own result."""
        return self.answer(
            "SetVariables", set_variable_result=[self._set(item) for item in self.request["setVariableData"]]
        )

    def _set(self, item: dict[str, Any]) -> dict[str, Any]:
        status, variable = self._look_up(item)
        result: dict[str, Any] = {"component": item["component"], "variable": item["variable"]}
        if "attributeType" in item:
            result["attributeType"] = item["attributeType"]
        if variable is not None:
            status = self.speech.model.put(variable, item["attributeValue"])
            if status == "Rejected":
                code = "ReadOnly" if variable.mutability == "ReadOnly" else "InvalidValue"
                result["attributeStatusInfo"] = self.reason(code)
            if status == "Accepted":
                self._changed(variable)
        return {"attributeStatus": status, **result}

    def _changed(self, variable: Variable) -> None:
        self.station.settings_changed()
        if variable.name == "BasicAuthPassword":
            # A01.FR.02: come back with the new password
            self.station.password = variable.value
            self.then("redial", self.station.redial)
        elif variable.name == "MessageAttempts":
            self.station.outbox.attempts = int(variable.value)
        elif variable.name == "MessageAttemptInterval":
            self.station.outbox.retry_seconds = float(variable.value)

    # --- reports (B07, B08) -------------------------------------------------------------------------------------

    @on("GetBaseReport")
    def on_get_base_report(self, request_id: int, report_base: str, **_: Any) -> Any:
        """All variables, those that can be changed, or a summary."""
        variables = self.speech.model.variables
        if report_base == "ConfigurationInventory":
            variables = [v for v in variables if v.mutability != "ReadOnly"]
        elif report_base == "SummaryInventory":
            variables = [v for v in variables if v.name in ("AvailabilityState", "Problem", "Available")]
        self.then("report", lambda: self._report(request_id, variables))
        return self.answer("GetBaseReport", status="Accepted")

    @on("GetReport")
    def on_get_report(self, request_id: int, **_: Any) -> Any:
        """The variables that are named, or whose component meets a criterion."""
        model, wanted = self.speech.model, self.request.get("componentVariable")
        found = model.variables
        if wanted is not None:
            found = [v for one in wanted for v in model.find(one["component"], one.get("variable"))]
        if criteria := self.request.get("componentCriteria"):
            found = [v for v in found if v.name in criteria and v.actual() == "true"]
        if not found:
            return self.answer("GetReport", status="EmptyResultSet")
        self.then("report", lambda: self._report(request_id, found))
        return self.answer("GetReport", status="Accepted")

    async def _report(self, request_id: int, variables: list[Variable]) -> None:
        parts = [variables[i : i + PART] for i in range(0, len(variables), PART)]
        for seq, part in enumerate(parts):
            payload = {
                "request_id": request_id,
                "generated_at": self._now(),
                "seq_no": seq,
                "report_data": [v.report() for v in part],
                "tbc": seq < len(parts) - 1,
            }
            await self.station.tell("NotifyReport", payload)

    # --- monitoring (block N) -----------------------------------------------------------------------------------

    @on("SetVariableMonitoring")
    def on_set_variable_monitoring(self, **_: Any) -> Any:
        """Keep monitors; the simulator reports them and sends no events of its own for them."""
        return self.answer(
            "SetVariableMonitoring",
            set_monitoring_result=[self._monitor(item) for item in self.request["setMonitoringData"]],
        )

    def _monitor(self, item: dict[str, Any]) -> dict[str, Any]:
        status, variable = self._look_up(item)
        result = {key: item[key] for key in ("type", "severity", "component", "variable")}
        if variable is not None and variable.live is None:
            status = "UnsupportedMonitorType"
        if status == "Accepted":
            number = int(item.get("id", max(self.speech.monitors, default=0) + 1))
            monitor = self.speech.monitors[number] = {**item, "id": number}
            result["id"] = number
            if variable is not None and "periodicEventStream" in item:
                self.then("event stream", lambda: self.speech.streams.begin(monitor, variable))
        return {"status": status, **result}

    @on("ClearVariableMonitoring")
    def on_clear_variable_monitoring(self, **_: Any) -> Any:
        """Forget monitors."""
        results = [{"id": number, "status": self._forget(number)} for number in self.request["id"]]
        return self.answer("ClearVariableMonitoring", clear_monitoring_result=results)

    def _forget(self, number: int) -> str:
        if self.speech.monitors.pop(number, None) is None:
            return "NotFound"
        self.then("end of the event stream", lambda: self.speech.streams.end(number))
        return "Accepted"

    @on("GetMonitoringReport")
    def on_get_monitoring_report(self, request_id: int, **_: Any) -> Any:
        """Report the monitors that match."""
        wanted, found = self.request.get("componentVariable"), list(self.speech.monitors.values())
        if wanted is not None:
            names = {(one["component"]["name"], one.get("variable", {}).get("name")) for one in wanted}
            found = [
                m
                for m in found
                if {(m["component"]["name"], m["variable"]["name"]), (m["component"]["name"], None)} & names
            ]
        if not found:
            return self.answer("GetMonitoringReport", status="EmptyResultSet")
        self.then("monitoring report", lambda: self._report_monitors(request_id, found))
        return self.answer("GetMonitoringReport", status="Accepted")

    async def _report_monitors(self, request_id: int, monitors: list[dict[str, Any]]) -> None:
        rows = []
        for m in monitors:
            watch = {key: m[key] for key in ("id", "value", "type", "severity")}
            watch["transaction"] = m.get("transaction", False)
            if self.station.spec.ocpp == "2.1":
                watch["eventNotificationType"] = "CustomMonitor"
            rows.append({"component": m["component"], "variable": m["variable"], "variableMonitoring": [watch]})
        payload = {"request_id": request_id, "seq_no": 0, "generated_at": self._now(), "monitor": rows, "tbc": False}
        await self.station.tell("NotifyMonitoringReport", payload)

    @on("SetMonitoringBase")
    def on_set_monitoring_base(self, monitoring_base: str, **_: Any) -> Any:
        """FactoryDefault and HardWiredOnly drop every monitor that was set."""
        if monitoring_base != "All":
            for number in list(self.speech.monitors):
                self._forget(number)
        return self.answer("SetMonitoringBase", status="Accepted")

    @on("SetMonitoringLevel")
    def on_set_monitoring_level(self, severity: int, **_: Any) -> Any:
        """Severities run from 0 to 9."""
        if not 0 <= severity <= 9:
            return self.answer("SetMonitoringLevel", status="Rejected")
        self.speech.monitoring_level = severity
        return self.answer("SetMonitoringLevel", status="Accepted")

    # --- display messages (block O) and customers (N09, N10) ----------------------------------------------------

    @on("SetDisplayMessage")
    def on_set_display_message(self, **_: Any) -> Any:
        """Show a message."""
        message = self.request["message"]
        if message["message"]["format"] not in ("ASCII", "UTF8"):
            return self.answer("SetDisplayMessage", status="NotSupportedMessageFormat")
        transaction = message.get("transactionId")
        if transaction and not any(c.session and c.session.uid == transaction for c in self.station.connectors):
            return self.answer("SetDisplayMessage", status="UnknownTransaction")
        self.station.displayed[message["id"]] = message
        return self.answer("SetDisplayMessage", status="Accepted")

    @on("GetDisplayMessages")
    def on_get_display_messages(self, request_id: int, **_: Any) -> Any:
        """Report the messages that match."""
        ask = self.request
        found = [
            m
            for number, m in self.station.displayed.items()
            if number in ask.get("id", [number])
            and m["priority"] == ask.get("priority", m["priority"])
            and m.get("state") == ask.get("state", m.get("state"))
        ]
        if not found:
            return self.answer("GetDisplayMessages", status="Unknown")
        payload = {"request_id": request_id, "message_info": found, "tbc": False}
        self.then("display messages", lambda: self.station.tell("NotifyDisplayMessages", payload))
        return self.answer("GetDisplayMessages", status="Accepted")

    @on("ClearDisplayMessage")
    def on_clear_display_message(self, id: int, **_: Any) -> Any:
        """Take a message off."""
        known = self.station.displayed.pop(id, None) is not None
        return self.answer("ClearDisplayMessage", status="Accepted" if known else "Unknown")

    @on("CustomerInformation")
    def on_customer_information(self, request_id: int, report: bool, clear: bool, **_: Any) -> Any:
        """Say what is known of a customer, and forget it."""
        given = [k for k in ("idToken", "customerIdentifier", "customerCertificate") if k in self.request]
        if not given:
            return self.answer("CustomerInformation", status="Invalid")
        token = self.request.get("idToken", {}).get("idToken", "")
        known = token in self.station.local_list
        if clear:
            self.station.local_list.pop(token, None)
        if report:
            payload = {
                "data": f"local list: {'yes' if known else 'no'}",
                "seq_no": 0,
                "generated_at": self._now(),
                "request_id": request_id,
                "tbc": False,
            }
            self.then("customer", lambda: self.station.tell("NotifyCustomerInformation", payload))
        return self.answer("CustomerInformation", status="Accepted")
