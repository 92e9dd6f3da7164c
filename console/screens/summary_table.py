"""What the one-line summary of each action says, written out for the common actions of OCPP 1.6, 2.0.1 and 2.1.

A line is parts between ``|``. A part is text with fields in braces, read from the payload by path (``a.b``; ``a.0.b`` is
the first of a list, ``a.#`` how many there are); it is left out where none of its fields is there. ``>`` parts the call
from its answer. A field that holds an object is written by its one telling value (an id token by its token). After a
colon: ``Wh`` energy, ``id`` an identifier that a machine made (its beginning), ``error`` an error code.
"""

from __future__ import annotations

from typing import Final

PLACE: Final = "{evseId}/{connectorId}"

SUMMARIES: Final[dict[str, str]] = {
    # A station calls.
    "Authorize": "{idTag}{idToken} > {idTagInfo.status}{idTokenInfo.status}",
    "BootNotification": "{chargePointVendor}{chargingStation.vendorName} {chargePointModel}{chargingStation.model}"
    " | {firmwareVersion}{chargingStation.firmwareVersion} | {reason} > {status}, every {interval} s",
    "ClearedChargingLimit": "{chargingLimitSource} | EVSE {evseId}",
    "DataTransfer": "{vendorId} | {messageId} | {data} > {status} | {data}",
    "DiagnosticsStatusNotification": "{status}",
    "FirmwareStatusNotification": "{status} | request {requestId}",
    "Get15118EVCertificate": "{action} > {status}",
    "GetCertificateStatus": "{ocspRequestData.serialNumber} > {status}",
    "Heartbeat": "> {currentTime}",
    "LogStatusNotification": "{status} | request {requestId}",
    "NotifyChargingLimit": "{chargingLimit.chargingLimitSource} | EVSE {evseId}",
    "NotifyCustomerInformation": "{data} | request {requestId}",
    "NotifyDisplayMessages": "{messageInfo.#} messages | request {requestId}",
    "NotifyEVChargingNeeds": "EVSE {evseId} | {chargingNeeds.requestedEnergyTransfer} > {status}",
    "NotifyEVChargingSchedule": "EVSE {evseId} > {status}",
    "NotifyEvent": "{eventData.0.component.name}.{eventData.0.variable.name} = {eventData.0.actualValue}"
    " | {eventData.0.trigger} | {eventData.#} events",
    "NotifyMonitoringReport": "{monitor.#} monitors | part {seqNo} | request {requestId}",
    "NotifyPeriodicEventStream": "stream {id} | {data.#} values | {pending} pending",
    "NotifyReport": "{reportData.0.component.name}.{reportData.0.variable.name} | {reportData.#} variables"
    " | part {seqNo} | request {requestId}",
    "OpenPeriodicEventStream": "stream {constantStreamData.id} > {status}",
    "PublishFirmwareStatusNotification": "{status} | request {requestId}",
    "ReportChargingProfiles": "EVSE {evseId} | {chargingProfile.#} profiles | {chargingLimitSource}",
    "ReservationStatusUpdate": "reservation {reservationId} | {reservationUpdateStatus}",
    "SecurityEventNotification": "{type} | {techInfo}",
    "SignCertificate": "{certificateType} > {status}",
    "SignedFirmwareStatusNotification": "{status} | request {requestId}",
    "StartTransaction": "{connectorId} | tag {idTag} | meter {meterStart:Wh} > tx {transactionId:id} | {idTagInfo.status}",
    "StatusNotification": f"{PLACE} | {{status}}{{connectorStatus}} | {{errorCode:error}} | {{vendorErrorCode}} | {{info}}",
    "StopTransaction": "tx {transactionId:id} | {reason} | tag {idTag} | meter {meterStop:Wh} > {idTagInfo.status}",
    # The console calls.
    "CancelReservation": "reservation {reservationId} > {status}",
    "CertificateSigned": "{certificateType} > {status}",
    "ChangeAvailability": "{connector.word} {type}{operationalStatus} > {status}",
    "ChangeConfiguration": "{key} = {value} > {status}",
    "ChangeTransactionTariff": "tx {transactionId:id} > {status}",
    "ClearCache": "> {status}",
    "ClearChargingProfile": "profile {id}{chargingProfileId} | {connector.word} | {chargingProfilePurpose}"
    " | level {stackLevel} > {status}",
    "ClearDisplayMessage": "message {id} > {status}",
    "ClearVariableMonitoring": "monitors {id} > {clearMonitoringResult.#} results",
    "CostUpdated": "tx {transactionId:id} | {totalCost}",
    "CustomerInformation": "{idToken} | report {report} | clear {clear} > {status}",
    "DeleteCertificate": "{certificateHashData.serialNumber} > {status}",
    "ExtendedTriggerMessage": "{requestedMessage} | {connector.word} > {status}",
    "GetBaseReport": "{reportBase} | request {requestId} > {status}",
    "GetChargingProfiles": "EVSE {evseId} | request {requestId} > {status}",
    "GetCompositeSchedule": "{connector.word} | {duration} s | {chargingRateUnit} > {status}",
    "GetConfiguration": "{key} > {configurationKey.#} keys | {unknownKey.#} unknown",
    "GetDiagnostics": "to {location} > {fileName}",
    "GetDisplayMessages": "request {requestId} > {status}",
    "GetInstalledCertificateIds": "{certificateType} > {status}"
    " | {certificateHashDataChain.#}{certificateHashData.#} certificates",
    "GetLocalListVersion": "> version {listVersion}{versionNumber}",
    "GetLog": "{logType} | to {log.remoteLocation} > {status} | {filename}",
    "GetMonitoringReport": "request {requestId} > {status}",
    "GetReport": "{componentVariable.#} variables | request {requestId} > {status}",
    "GetTransactionStatus": "tx {transactionId:id} > ongoing {ongoingIndicator} | messages waiting {messagesInQueue}",
    "GetVariables": "{getVariableData.0.component.name}.{getVariableData.0.variable.name} | {getVariableData.#} variables"
    " > {getVariableResult.0.attributeStatus} | {getVariableResult.0.attributeValue}",
    "InstallCertificate": "{certificateType} > {status}",
    "PublishFirmware": "from {location} > {status}",
    "RemoteStartTransaction": "{connector.word} | tag {idTag} > {status}",
    "RemoteStopTransaction": "tx {transactionId:id} > {status}",
    "RequestStartTransaction": "{connector.word} | tag {idToken} | remote start {remoteStartId}"
    " > {status} | tx {transactionId:id}",
    "RequestStopTransaction": "tx {transactionId:id} > {status}",
    "ReserveNow": "{connector.word} | tag {idTag}{idToken} | until {expiryDate}{expiryDateTime} > {status}",
    "Reset": "{type} | EVSE {evseId} > {status}",
    "SendLocalList": "{updateType} | version {listVersion}{versionNumber} | {localAuthorizationList.#} tags > {status}",
    "SetChargingProfile": "{connector.word}"
    " | {csChargingProfiles.chargingProfilePurpose}{chargingProfile.chargingProfilePurpose}"
    " | level {csChargingProfiles.stackLevel}{chargingProfile.stackLevel}"
    " | {csChargingProfiles.chargingSchedule.chargingSchedulePeriod.0.limit}"
    "{chargingProfile.chargingSchedule.0.chargingSchedulePeriod.0.limit}"
    " {csChargingProfiles.chargingSchedule.chargingRateUnit}{chargingProfile.chargingSchedule.0.chargingRateUnit}"
    " > {status}",
    "SetDisplayMessage": "message {message.id} | {message.message.content} > {status}",
    "SetMonitoringBase": "{monitoringBase} > {status}",
    "SetMonitoringLevel": "severity {severity} > {status}",
    "SetNetworkProfile": "slot {configurationSlot} | {connectionData.ocppCsmsUrl} > {status}",
    "SetVariableMonitoring": "{setMonitoringData.#} monitors > {setMonitoringResult.0.status}",
    "SetVariables": "{setVariableData.0.component.name}.{setVariableData.0.variable.name}"
    " = {setVariableData.0.attributeValue} | {setVariableData.#} variables > {setVariableResult.0.attributeStatus}",
    "SignedUpdateFirmware": "{firmware.location} | request {requestId} > {status}",
    "TriggerMessage": "{requestedMessage} | {connector.word} > {status}",
    "UnlockConnector": "{connector.word} > {status}",
    "UnpublishFirmware": "{checksum} > {status}",
    "UpdateFirmware": "from {location}{firmware.location} | request {requestId} > {status}",
}
"""By action. Those that tell of readings (MeterValues, TransactionEvent) are written by ``summary`` itself."""

COUNTED_ONCE: Final = ("variables", "events", "values")
"""Counts of these words are said only where there are more than one: the first was named already."""
